package id

import (
	"sort"
	"testing"
	"time"
)

func TestMakerSorts(t *testing.T) {
	t.Parallel()
	var m Maker
	now := time.Now()
	var ids []string
	for i := range 5000 {
		ids = append(ids, m.Make(now.Add(time.Duration(i/100)*time.Millisecond)))
	}
	if !sort.StringsAreSorted(ids) {
		t.Fatal("ids do not grow")
	}
	seen := map[string]bool{}
	for _, s := range ids {
		if !Valid(s) || seen[s] {
			t.Fatalf("%q is not valid or was made twice", s)
		}
		seen[s] = true
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	p := New()
	a, b := From(p, "person"), From(p, "conversation")
	if a != From(p, "person") || a == b || !Valid(a) || !Valid(b) {
		t.Fatalf("From is not a function of parent and tag: %q %q", a, b)
	}
	if a[:timeLength] != p[:timeLength] {
		t.Errorf("a child does not sort beside its parent: %q %q", a, p)
	}
	if !Valid(From("q12", "x")) || From("q12", "x") == From("q13", "x") {
		t.Error("foreign parents must work too")
	}
	if long := "fact\x00purchase\x00books 1"; !Valid(From(long[:Length], "x")) {
		t.Error("a foreign parent as long as an id makes no id")
	}
}
