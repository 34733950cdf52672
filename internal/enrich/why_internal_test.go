package enrich

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/lang/classify"
)

func TestPieces(t *testing.T) {
	t.Parallel()
	got := pieces([]classify.Weight{{Text: "brakes", Value: 0.5}, {Text: ". ", Value: 9}, {Text: "Squeak", Value: -1}, {Text: "squeak,", Value: -1}, {Text: "👎", Value: 0.7}, {Text: "[length]", Value: 0.1}, {Text: "", Value: 3}, {Text: "!", Value: 0.2}})
	want := []Piece{{"Squeak", -2}, {"👎", 0.7}, {"brakes", 0.5}, {"!", 0.2}, {"[length]", 0.1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
