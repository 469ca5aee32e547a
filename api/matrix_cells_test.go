package api_test

import (
	"slices"
	"strings"
)

const notThere = "not there"

// cells are those of one row: every asker with every record of the kind it addresses, and with
// one that is not there.
func (w *world) cells(row row, op operation) []cell {
	listing := row.of != "" && row.in == "" && row.query == "" && (op.method == "GET" || strings.HasSuffix(op.path, "/search")) && !strings.Contains(op.path, "{")
	var cells []cell
	for _, by := range w.askers() {
		if row.of == "" || listing {
			one := cell{asker: by, refused: !w.may(row, by), request: w.aimed(row, op, by, nil), status: w.status(row, op, by, open)}
			if listing && one.status == 200 {
				one.listed = w.listed(by, row.of, func(*record) bool { return true })
			}
			cells = append(append(cells, one), w.narrowed(row, op, by, listing)...)
			continue
		}
		for _, r := range append(slices.Clone(w.records), &record{relation: notThere, ids: w.missing(nil)}) {
			if r.ids[row.of] == "" || r.nothing != nil && !slices.Contains(facts, row.of) {
				continue
			}
			one := cell{asker: by, refused: !w.may(row, by), record: r, request: w.aimed(row, op, by, r.ids), reach: reaches(by.Actor, row.of, r)}
			one.status = w.status(row, op, by, one.reach)
			if one.reach == hidden && !one.refused && r.relation != notThere {
				baseline := w.aimed(row, op, by, w.missing(r))
				one.baseline = &baseline
			}
			cells = append(cells, one)
		}
	}
	return cells
}

// narrowed are the cells of a list's filters: by a record that is hidden, it is as empty as by
// one that is not there.
func (w *world) narrowed(row row, op operation, by asker, listing bool) []cell {
	var cells []cell
	for name, kind := range map[string]string{"programme": "programme", "participant_id": "participant", "enrolment_id": "enrolment"} {
		if !slices.Contains(op.queries, name) {
			continue
		}
		for _, r := range w.records {
			if r.ids[kind] == "" || r.nothing != nil {
				continue
			}
			narrow := func(id string) operation {
				o := w.aimed(row, op, by, nil)
				o.path += "?" + name + "=" + id
				return o
			}
			one := cell{asker: by, refused: !w.may(row, by), record: r, request: narrow(r.ids[kind]), reach: reaches(by.Actor, kind, r), status: w.status(row, op, by, open)}
			if listing && one.status == 200 {
				one.listed = w.listed(by, row.of, func(other *record) bool { return w.belongs(other, kind, r.ids[kind]) })
			}
			if one.reach == hidden && !one.refused && len(one.listed) == 0 {
				baseline := narrow(w.missing(nil)[kind])
				one.baseline = &baseline
			}
			cells = append(cells, one)
		}
	}
	return cells
}

// belongs tells whether a record is one of that person, path or programme.
func (w *world) belongs(r *record, kind, id string) bool {
	if kind == "programme" {
		return r.programme == id
	}
	return r.ids[kind] == id || kind == "participant" && r.person == id
}

// listed are the records of a kind that the asker reads in a list: those open to her.
func (w *world) listed(by asker, kind string, of func(*record) bool) []string {
	ids := []string{}
	for _, r := range w.records {
		if id := r.ids[kind]; id != "" && of(r) && reaches(by.Actor, kind, r) == open {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// status is what the rules say of a cell.
func (w *world) status(row row, op operation, by asker, reach reach) int {
	if !slices.Contains(public, row.op) {
		switch {
		case by.name == "nobody":
			return 401
		case !w.may(row, by):
			return 403
		case reach == asks:
			return 403
		case reach == hidden && row.in != "":
			return 422
		case reach == hidden:
			return 404
		}
	}
	switch {
	case row.refused != 0:
		return row.refused
	case row.but != nil:
		return 422
	case slices.Contains(op.headers, "If-Match"):
		return 412 // no record has come to that version: whoever is told so has reached it
	}
	return 200
}

// may tells whether the asker's role calls the operation at all.
func (w *world) may(row row, by asker) bool {
	return slices.Contains(strings.Fields(roles[row.op]), string(by.Role))
}

// missing are identifiers of nothing: any, or those beside a record.
func (w *world) missing(beside *record) map[string]string {
	if beside != nil && beside.nothing != nil {
		return beside.nothing
	}
	ids := map[string]string{}
	for _, r := range w.records {
		for kind := range r.ids {
			if ids[kind] == "" {
				ids[kind] = randomID()
			}
		}
	}
	ids["programme"] = "o2r-nulle-part"
	return ids
}

// aimed is the operation on those records, with the body that the table of roles has for it.
func (w *world) aimed(row row, op operation, by asker, ids map[string]string) operation {
	o := op
	if op.body != nil {
		body := map[string]any{}
		if known, ok := op.aimed(w.bodies, w.fixture).body.(map[string]any); ok {
			body = object(known)
		}
		for name, value := range row.but {
			body[name] = value
		}
		if row.in != "" {
			if _, says := body["programme"]; says {
				body["programme"] = w.home(by)
			}
			body[row.in] = ids[row.of]
		}
		o.body = body
	}
	id, fact := ids[row.of], ""
	switch {
	case slices.Contains(facts, row.of):
		id, fact = ids["enrolment"], ids[row.of]
	case row.in != "" && strings.Contains(op.path, "{id}"):
		id = w.beside(by, row.of)
		o.headers = slices.DeleteFunc(slices.Clone(o.headers), func(name string) bool { return name == "If-Match" })
	}
	o.path = strings.NewReplacer("{id}", id, "{fact_id}", fact, "{key_id}", randomID(), "{programme}", ids["programme"], "{key}", "beneficiaries", "{code}", "80253", "{name}", "barrier", "{planned_on}", aTuesday, "{kind}", "participants").Replace(op.path)
	if row.query != "" {
		o.path += "?" + strings.ReplaceAll(row.query, "{programme}", ids["programme"])
	}
	return o
}

// home is the programme that somebody works in.
func (w *world) home(by asker) string { return append(slices.Clone(by.Programmes), somme)[0] }

// beside is the record of the path where it is another that the body names.
func (w *world) beside(by asker, kind string) string {
	if kind == "participant" {
		at := slices.IndexFunc(w.records, func(r *record) bool { return r.ids[kind] != "" && reaches(by.Actor, kind, r) == open })
		if at < 0 {
			return randomID()
		}
		return w.records[at].ids[kind]
	}
	return w.calledOff(by)
}

// calledOff is a workshop there that nobody can register for any more.
func (w *world) calledOff(by asker) string {
	at := slices.IndexFunc(w.records, func(r *record) bool { return r.relation == w.home(by) })
	return w.records[at].ids["workshop"]
}
