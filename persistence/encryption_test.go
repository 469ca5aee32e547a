package persistence_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"o2r/persistence/storetest"
)

// What encrypting identifiers would cost, and what it would take away. It is the measurement behind
// the decision in doc.go, kept so that it can be repeated:
//
//	O2R_MEASURE=1 go test ./persistence -run TestTheCostOfEncryptedIdentifiers -v
//
// Two tables hold the same people. One is as ours is. In the other each identifier is sealed with
// AES-256-GCM under a data key, and what is looked for stands beside it as a keyed hash (a blind
// index): of each folded word of the name, of each three letters of each word for parts of names, of the birth date and the
// telephone number. The rounds alternate, so that what else the machine does meets both.
func TestTheCostOfEncryptedIdentifiers(t *testing.T) {
	people, rounds := 500, 20
	if measuring() {
		people, rounds = 5000, 300
	}
	ctx := t.Context()
	_, url := storetest.WithURL(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	vault := newVault(t)
	load(t, db, vault, people)

	random := mathrand.New(mathrand.NewPCG(7, 7))
	ids := make([]int, rounds)
	for i := range ids {
		ids[i] = random.IntN(people)
	}
	for _, row := range []struct {
		name          string
		clear, sealed func(int) (int, error)
	}{
		{
			"read one",
			func(id int) (int, error) {
				return read(ctx, db, nil, `SELECT first_name, last_name, birth_date::text, phone FROM plain_people WHERE id = $1`, id)
			},
			func(id int) (int, error) {
				return read(ctx, db, vault, `SELECT first_name, last_name, birth_date, phone FROM sealed_people WHERE id = $1`, id)
			},
		},
		{
			"page of 50",
			func(id int) (int, error) {
				return read(ctx, db, nil, `SELECT first_name, last_name, birth_date::text, phone FROM plain_people WHERE id >= $1 ORDER BY id LIMIT 50`, min(id, people-50))
			},
			func(id int) (int, error) {
				return read(ctx, db, vault, `SELECT first_name, last_name, birth_date, phone FROM sealed_people WHERE id >= $1 ORDER BY id LIMIT 50`, min(id, people-50))
			},
		},
		{
			"search by a whole name",
			func(id int) (int, error) {
				return read(ctx, db, nil, `SELECT first_name, last_name, birth_date::text, phone FROM plain_people WHERE strpos(search_name, (SELECT fold($1))) > 0 ORDER BY id LIMIT 50`, person(id)[1])
			},
			func(id int) (int, error) {
				return read(ctx, db, vault, `SELECT first_name, last_name, birth_date, phone FROM sealed_people WHERE words @> $1 ORDER BY id LIMIT 50`, [][]byte{vault.blind("word", folded(person(id)[1]))})
			},
		},
		{
			"search by a part of a name",
			func(id int) (int, error) {
				return read(ctx, db, nil, `SELECT first_name, last_name, birth_date::text, phone FROM plain_people WHERE strpos(search_name, (SELECT fold($1))) > 0 ORDER BY id LIMIT 50`, person(id)[1][1:6])
			},
			func(id int) (int, error) { // three letters each, then what was opened is compared
				return read(ctx, db, vault, `SELECT first_name, last_name, birth_date, phone FROM sealed_people WHERE grams @> $1 ORDER BY id LIMIT 200`, vault.grams(folded(person(id)[1][1:6])))
			},
		},
		{
			"match by name, day of birth or telephone",
			func(id int) (int, error) {
				p := person(id)
				return read(ctx, db, nil, `SELECT first_name, last_name, birth_date::text, phone FROM plain_people WHERE (search_name = fold($1) AND birth_date = $2) OR search_phone = $3`, p[1]+" "+p[0], p[2], p[3])
			},
			func(id int) (int, error) {
				p := person(id)
				return read(ctx, db, vault, `SELECT first_name, last_name, birth_date, phone FROM sealed_people WHERE (full_name = $1 AND birth = $2) OR phone_index = $3`,
					vault.blind("full", folded(p[1]+" "+p[0])), vault.blind("birth", p[2]), vault.blind("phone", p[3]))
			},
		},
	} {
		var clear, sealed time.Duration
		for i, id := range ids {
			for _, one := range []struct {
				took *time.Duration
				ask  func(int) (int, error)
			}{{&clear, row.clear}, {&sealed, row.sealed}} {
				start := time.Now()
				found, err := one.ask(id)
				if err != nil {
					t.Fatal(row.name, err)
				}
				if *one.took += time.Since(start); found == 0 {
					t.Fatalf("%s: round %d found nobody", row.name, i)
				}
			}
		}
		t.Logf("%-42s clear %8s, encrypted %8s: %.2f times", row.name, clear/time.Duration(rounds), sealed/time.Duration(rounds), float64(sealed)/float64(clear))
	}
	for _, table := range []string{"plain_people", "sealed_people"} {
		var size int
		if err := db.QueryRowContext(ctx, `SELECT pg_total_relation_size($1::regclass)`, table).Scan(&size); err != nil {
			t.Fatal(err)
		}
		t.Logf("%-42s %d bytes a person", table, size/people)
	}

	// Blind indexes are no free lunch: who may read the table sees who shares a name with whom, and how
	// common each is, without any key. French family names are told apart by their frequency alone.
	var shared int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT word FROM sealed_people, unnest(words) word GROUP BY word HAVING count(*) > 1) repeated`).Scan(&shared); err != nil {
		t.Fatal(err)
	}
	if shared == 0 {
		t.Error("no blind index repeats: then names cannot be searched for either")
	}
	var words []byte
	if err := db.QueryRowContext(ctx, `SELECT last_name FROM sealed_people LIMIT 1`).Scan(&words); err != nil || strings.Contains(string(words), person(0)[1]) {
		t.Error("the encrypted table holds names in clear", err)
	}
}

// vault seals values as envelope encryption does: the data key is itself sealed by a key from outside.
type vault struct {
	aead  cipher.AEAD
	index []byte
}

func newVault(t *testing.T) *vault {
	t.Helper()
	key, index := make([]byte, 32), make([]byte, 32)
	_, _ = rand.Read(key)
	_, _ = rand.Read(index)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return &vault{aead, index}
}

func (v *vault) seal(text string) []byte { return v.aead.Seal([]byte{1}, nil, []byte(text), nil) }

func (v *vault) open(sealed []byte) (string, error) {
	text, err := v.aead.Open(nil, nil, sealed[1:], nil)
	return string(text), err
}

func (v *vault) blind(field, text string) []byte {
	mac := hmac.New(sha256.New, v.index)
	mac.Write([]byte(field + "\x00" + text))
	return mac.Sum(nil)[:16]
}

// grams are the blind indexes of every three letters in a row.
func (v *vault) grams(word string) [][]byte {
	var all [][]byte
	letters := []rune(word)
	for i := range max(len(letters)-2, 0) {
		all = append(all, v.blind("gram", string(letters[i:i+3])))
	}
	return all
}

var (
	firstNames = strings.Fields("Camille Dominique Claude Charlie Sacha Alix Andrea Ange Lou Morgan Maxence Noa Sam Yael Eden")
	syllables  = strings.Fields("mar ber lan dou ches fon ter val ri gau pel lec mon tho ron bes vil")
)

// person is somebody made up, the same for the same number.
func person(n int) [4]string {
	r := mathrand.New(mathrand.NewPCG(uint64(n/3), 1)) // three of a family
	last := ""
	for range 3 {
		last += syllables[r.IntN(len(syllables))]
	}
	return [4]string{firstNames[n%len(firstNames)], strings.ToUpper(last[:1]) + last[1:], fmt.Sprintf("19%02d-%02d-%02d", 50+n%50, 1+n%12, 1+n%28), fmt.Sprintf("6399%05d", n)}
}

// folded stands for the function fold in SQL, which these made-up names need no more of.
func folded(text string) string { return strings.ToLower(text) }

func load(t *testing.T, db *sql.DB, v *vault, people int) {
	t.Helper()
	ctx := t.Context()
	exec := func(statement string, args ...any) {
		if _, err := db.ExecContext(ctx, statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE plain_people (id integer PRIMARY KEY, first_name text, last_name text, birth_date date, phone text,
		search_name text GENERATED ALWAYS AS (fold(last_name || ' ' || first_name)) STORED, search_phone text GENERATED ALWAYS AS (right(phone, 9)) STORED)`)
	exec(`CREATE INDEX ON plain_people (search_name); CREATE INDEX ON plain_people (search_phone)`)
	exec(`CREATE TABLE sealed_people (id integer PRIMARY KEY, first_name bytea, last_name bytea, birth_date bytea, phone bytea,
		words bytea[], grams bytea[], full_name bytea, birth bytea, phone_index bytea)`)
	for n := range people {
		p := person(n)
		exec(`INSERT INTO plain_people (id, first_name, last_name, birth_date, phone) VALUES ($1, $2, $3, $4, $5)`, n, p[0], p[1], p[2], p[3])
		exec(`INSERT INTO sealed_people VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, n, v.seal(p[0]), v.seal(p[1]), v.seal(p[2]), v.seal(p[3]),
			[][]byte{v.blind("word", folded(p[0])), v.blind("word", folded(p[1]))}, append(v.grams(folded(p[0])), v.grams(folded(p[1]))...),
			v.blind("full", folded(p[1]+" "+p[0])), v.blind("birth", p[2]), v.blind("phone", p[3]))
	}
	exec(`CREATE INDEX ON sealed_people USING gin (words)`)
	exec(`CREATE INDEX ON sealed_people USING gin (grams)`)
	exec(`CREATE INDEX ON sealed_people (full_name); CREATE INDEX ON sealed_people (phone_index)`)
	exec(`ANALYZE plain_people, sealed_people`)
}

// read counts the people found, having opened what was sealed.
func read(ctx context.Context, db *sql.DB, v *vault, statement string, args ...any) (found int, err error) {
	rows, err := db.QueryContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var fields [4][]byte
		if err := rows.Scan(&fields[0], &fields[1], &fields[2], &fields[3]); err != nil {
			return 0, err
		}
		for _, field := range fields {
			if v != nil {
				if _, err := v.open(field); err != nil {
					return 0, err
				}
			}
		}
		found++
	}
	return found, rows.Err()
}

func measuring() bool { return os.Getenv("O2R_MEASURE") != "" }
