package strategy

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/problem"
)

// FuzzParse: whatever the file, it is a map whose goals can be scored and written again, or a refusal.
func FuzzParse(f *testing.F) {
	if raw, err := os.ReadFile("../../sample/map.json"); err == nil {
		f.Add(raw)
	}
	f.Add([]byte(`{"name":{"en":"M"},"perspectives":[{"id":"a","name":{"en":"A"},"steps":[{"id":"a","name":{"en":"A"}}]}],"objectives":[{"id":"o","perspective":"a","step":"a","name":{"fr":"O"},"position":1e308,"measures":[{"id":"volume","direction":"range","weight":1,"low":0,"high":1,"baseline":-0}]}]}`))
	clock := func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }
	s := &Service{measures: measure.New(nil, nil, clock), clock: clock}
	none := func(context.Context, string) (string, error) { return "", nil }
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d Draft
		var m Map
		in, err := readFile(bytes.NewReader(raw))
		if err == nil {
			d, err = s.parse(t.Context(), in, Lookups{Owner: none, Topic: none, Channel: none}, len(raw)%2 == 0, &Imported{})
		}
		if err == nil {
			m, err = s.make(t.Context(), &d)
		}
		if err != nil {
			if problem.Of(err).Code == problem.Internal {
				t.Fatal(err)
			}
			return
		}
		if _, err := json.Marshal(m); err != nil {
			t.Fatal(err)
		}
		for _, o := range m.Objectives {
			for _, x := range o.Measures {
				if err := x.Goal().Check(); err != nil {
					t.Fatalf("%+v: %v", x, err)
				}
			}
		}
		for _, l := range m.Links {
			if leads(m.Links, l.Serves, l.Origin) {
				t.Fatalf("%+v is part of a circle", l)
			}
		}
	})
}
