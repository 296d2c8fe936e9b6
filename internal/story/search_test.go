package story

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"baohan/internal/testdb"
)

// TestSearchFinds hides a name in every form and place in which a careless row could hold it.
func TestSearchFinds(t *testing.T) {
	pool, name := testdb.New(t), "麓山示例路桥工程有限公司"
	if _, err := pool.Exec(t.Context(), `CREATE TABLE hiding (id int, plain text, binary_ bytea)`); err != nil {
		t.Fatal(err)
	}
	needles := []Needle{{Name: "name", Text: name}}
	if found, err := Search(t.Context(), pool, needles); err != nil || len(found) > 0 {
		t.Fatalf("found %v (%v) in an empty database", found, err)
	}
	texts := map[string]string{"plain": "a" + name + "b", "hex": "x" + hex.EncodeToString([]byte(name)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(name)))}
	for i := range 3 {
		inside := []byte(strings.Repeat("z", i) + name + "yy")
		texts[fmt.Sprintf("base64 at %d", i)] = base64.StdEncoding.EncodeToString(inside)
		texts[fmt.Sprintf("base64url at %d", i)] = base64.RawURLEncoding.EncodeToString(inside)
	}
	for how, text := range texts {
		for _, column := range []string{"plain", "binary_"} {
			if _, err := pool.Exec(t.Context(), `TRUNCATE hiding`); err != nil {
				t.Fatal(err)
			}
			var value any = text
			if column == "binary_" {
				value = []byte(text)
			}
			if _, err := pool.Exec(t.Context(), `INSERT INTO hiding (`+column+`) VALUES ($1)`, value); err != nil {
				t.Fatal(err)
			}
			found, err := Search(t.Context(), pool, needles)
			if err != nil || len(found) != 1 || found[0] != "name@hiding" {
				t.Errorf("%s in column %s: found %v (%v)", how, column, found, err)
			}
			excepted := []Needle{{Name: "name", Text: name, Except: []string{"hiding"}}}
			if found, err := Search(t.Context(), pool, excepted); err != nil || len(found) > 0 {
				t.Errorf("%s: found %v (%v) in an excepted table", how, found, err)
			}
		}
	}
}
