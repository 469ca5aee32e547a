package recounttest

import (
	"encoding/json"
	"reflect"

	"o2r/domain/recount"
)

// Shrink takes out of a book all that it fails without: records, then facts of those that are left. A person goes only
// with her paths.
func Shrink(book recount.Book, fails func(recount.Book) bool) recount.Book {
	for {
		smaller, shrank := book, false
		for _, cut := range cuts(reflect.ValueOf(&smaller).Elem()) {
			if undo := cut(); orphaned(smaller) || !fails(smaller) {
				undo()
			} else {
				shrank = true
				break // what is left has other places to cut
			}
		}
		if book = smaller; !shrank {
			return book
		}
	}
}

// cuts are the ways of taking one thing out of a value. Each changes it in place, and gives the way back.
func cuts(v reflect.Value) (ways []func() (undo func())) {
	replace := func(at, by reflect.Value) {
		ways = append(ways, func() func() {
			was := reflect.New(at.Type()).Elem()
			was.Set(at)
			at.Set(by)
			return func() { at.Set(was) }
		})
	}
	for i := range v.NumField() {
		field := v.Field(i)
		switch {
		case field.Kind() == reflect.Slice && !field.IsZero():
			for n := range field.Len() {
				without := reflect.MakeSlice(field.Type(), 0, field.Len()-1)
				without = reflect.AppendSlice(without, field.Slice(0, n))
				replace(field, reflect.AppendSlice(without, field.Slice(n+1, field.Len())))
			}
		case (field.Kind() == reflect.Pointer || optional[v.Type().Field(i).Name]) && !field.IsZero():
			replace(field, reflect.Zero(field.Type()))
		}
	}
	for i := range v.NumField() {
		if field := v.Field(i); field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct && field.Len() > 0 {
			apart := reflect.MakeSlice(field.Type(), field.Len(), field.Len()) // the book shrunk from keeps its own
			reflect.Copy(apart, field)
			field.Set(apart)
			for n := range field.Len() {
				ways = append(ways, cuts(field.Index(n))...)
			}
		}
	}
	return ways
}

// optional are the texts that a record may do without.
var optional = map[string]bool{
	"MergedInto": true, "BirthDate": true, "Gender": true, "FoldedInto": true, "Education": true, "Justice": true, "Territory": true, "Caseworker": true,
	"JobSeekerSince": true, "ReferralID": true, "ReferredFrom": true, "EndsOn": true, "LiftedOn": true, "SetAsideOn": true, "ExpiresOn": true,
}

func orphaned(book recount.Book) bool {
	there := map[string]bool{}
	for _, p := range book.People {
		there[p.ID] = true
	}
	for _, p := range book.People {
		if p.MergedInto != "" && !there[p.MergedInto] {
			return true
		}
	}
	for _, e := range book.Enrolments {
		if !there[e.PersonID] {
			return true
		}
	}
	return len(book.Programmes) < len(Slugs)
}

// Known is a book as somebody reads it: without what nobody knows.
func Known(book recount.Book) any {
	text, err := json.Marshal(book)
	var all any
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		panic(err)
	}
	return known(all)
}

func known(value any) any {
	switch of := value.(type) {
	case map[string]any:
		for name, field := range of {
			if field = known(field); field == nil || field == "" || field == false && name != "Registered" && name != "JobSeeker" && name != "WithoutResources" && name != "Disengaged" {
				delete(of, name)
			}
		}
	case []any:
		for i := range of {
			of[i] = known(of[i])
		}
		if len(of) == 0 {
			return nil
		}
	}
	return value
}
