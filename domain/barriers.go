package domain

import "database/sql/driver"

// Barriers is a list of coded barriers, kept as a text[] column.
type Barriers []Barrier

// Value and Scan make the list an array column.
func (b Barriers) Value() (driver.Value, error) {
	codes := make(Codes, len(b))
	for i, barrier := range b {
		codes[i] = string(barrier)
	}
	return codes.Value()
}

func (b *Barriers) Scan(column any) error {
	var codes Codes
	if err := codes.Scan(column); err != nil {
		return err
	}
	*b = make(Barriers, len(codes))
	for i, code := range codes {
		(*b)[i] = Barrier(code)
	}
	return nil
}
