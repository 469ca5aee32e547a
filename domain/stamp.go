package domain

import "time"

// Stamp is what we write on every record: callers never send these fields.
type Stamp struct {
	ID        string    `json:"id" doc:"Identifier of the record (UUID version 7)." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Version   int       `json:"version" doc:"Number of the record's current version, also its ETag; send it back in If-Match when changing the record." example:"1" minimum:"1"`
	CreatedAt time.Time `json:"created_at" doc:"When it was recorded, as opposed to the day it is true of." example:"2025-04-01T09:30:00Z"`
	UpdatedAt time.Time `json:"updated_at" doc:"When it last changed." example:"2025-04-01T09:30:00Z"`
}

// Key and Revision are the record's identifier and version.
func (s Stamp) Key() string   { return s.ID }
func (s Stamp) Revision() int { return s.Version }

// Held is the stamp itself, which moves on when the record is changed.
func (s *Stamp) Held() *Stamp { return s }

// Match is what the caller knows of a record's version, as its If-Match header said.
// The zero Match was not sent at all and matches every version.
type Match struct {
	Sent     bool
	Any      bool // If-Match: *
	Versions []int
}

// Allows tells whether a change of a record at that version may go ahead.
func (m Match) Allows(version int) bool {
	if !m.Sent || m.Any {
		return true
	}
	for _, known := range m.Versions {
		if known == version {
			return true
		}
	}
	return false
}

// Page is one page of a list. Next is null on the last page; otherwise sending it back as
// cursor gives the page that follows, whatever was added meanwhile.
type Page[T any] struct {
	Items      []T     `json:"items" doc:"The records of this page." maxItems:"200" nullable:"false"`
	NextCursor *string `json:"next_cursor" doc:"Send it as cursor to read the next page; null on the last." maxLength:"500" example:"eyJpZCI6IjAxOTdmMGEwIn0"`
}

// Paging is the part of a list that is asked for.
type Paging struct {
	Cursor string `query:"cursor" doc:"next_cursor of the page before; leave out for the first page." maxLength:"500" example:"eyJpZCI6IjAxOTdmMGEwIn0"`
	Limit  int    `query:"limit" doc:"How many records at most, 50 when left out." minimum:"1" maximum:"200" example:"50"`
}

// Size is the number of records asked for.
func (p Paging) Size() int {
	if p.Limit == 0 {
		return 50
	}
	return p.Limit
}
