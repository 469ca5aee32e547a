package domain

import (
	"database/sql/driver"
	"fmt"
	"strings"
)

// Codes is a list of codes without commas, quotes or braces, kept as a text[] column.
type Codes []string

// Value and Scan make the list an array column; such codes need no quoting.
func (c Codes) Value() (driver.Value, error) { return "{" + strings.Join(c, ",") + "}", nil }

func (c *Codes) Scan(column any) error {
	text, ok := column.(string)
	if !ok {
		return fmt.Errorf("an array column holds %T", column)
	}
	*c = Codes{}
	if text = strings.Trim(text, "{}"); text != "" {
		*c = strings.Split(text, ",")
	}
	return nil
}
