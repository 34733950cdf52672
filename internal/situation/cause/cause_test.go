package cause

import (
	"fmt"
	"math"
	"testing"
	"time"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// chatter is everyday talk about many things.
func chatter(n int, prefix string) []Item {
	parts := []string{"saddle", "delivery", "invoice", "colour", "basket", "bell", "gears", "manual", "warranty", "helmet", "tyre", "workshop", "appointment", "price", "stock"}
	asks := []string{"squeaks a little", "came late", "where do I find it", "is it in stock in Lyon", "can it be changed for another size", "how long does it last", "was perfect"}
	var out []Item
	for i := range n {
		out = append(out, Item{fmt.Sprintf("%s%05d", prefix, i), noon.Add(-time.Duration(i) * time.Hour), fmt.Sprintf("My %s %s, order %d", parts[i%len(parts)], asks[i%len(asks)], 7000+i*13)})
	}
	return out
}

func TestBurst(t *testing.T) {
	t.Parallel()
	recent := chatter(40, "c")
	for i, text := range []string{
		"The battery of my Lande 2 gets hot while charging", "Batterie Lande 2 très chaude pendant la charge", "Lande 2 battery connector is burning hot when charging",
		"Hot battery! Lande 2, connector melted", "La batterie de la Lande 2 chauffe, le connecteur a fondu", "Battery connector hot on my Lande 2, is charging safe?",
	} {
		recent = append(recent, Item{fmt.Sprint("b", i), noon.Add(time.Duration(i) * time.Minute), text})
	}
	got := Find(recent, chatter(300, "e"), 72*time.Hour, 28*24*time.Hour)
	if len(got) != 1 || len(got[0].Items) < 5 || got[0].Items[0] != "b0" {
		t.Fatalf("got %+v, want the batteries alone", got)
	}
	// What was always said so often is no news.
	var earlier []Item
	for i := range 80 {
		earlier = append(earlier, Item{fmt.Sprint("p", i), noon, fmt.Sprintf("Battery connector of my Lande 2 gets hot while charging %d", i)})
	}
	if got := Find(recent, append(chatter(300, "e"), earlier...), 72*time.Hour, 28*24*time.Hour); len(got) != 0 {
		t.Errorf("got %+v of what is usual", got)
	}
	like := Like([]string{recent[40].Text, recent[42].Text, recent[43].Text}, recent)
	if len(like) < 4 || like[0] != "b0" {
		t.Errorf("like them are %v", like)
	}
}

// TestFlood holds that five thousand of the same are one cause, found quickly, and that hostile text breaks nothing.
func TestFlood(t *testing.T) {
	t.Parallel()
	recent := chatter(200, "c")
	for i := range 5000 {
		recent = append(recent, Item{fmt.Sprintf("f%05d", i), noon.Add(time.Duration(i) * time.Second), "The battery of my Lande 2 burns while charging. Refund me now!"})
	}
	recent = append(recent, Item{"x", noon, ""}, Item{"y", noon, "\xff\xfe \x00 ..."})
	got := Find(recent, nil, 72*time.Hour, 28*24*time.Hour)
	if len(got) == 0 || len(got[0].Items) != 5000 {
		t.Fatalf("got %d causes, want the flood as one", len(got))
	}
	if Find(nil, nil, time.Hour, 0) != nil || Like(nil, recent) != nil {
		t.Error("nothing is like nothing")
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n          int
		mean, want float64
	}{{0, 1, 1}, {1, 1, 0.6321206}, {3, 1, 0.0803014}, {5, 2, 0.0526530}} { // tables of the Poisson distribution
		if got := tail(c.n, c.mean); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("tail(%d, %g) is %g, want %g", c.n, c.mean, got, c.want)
		}
	}
}
