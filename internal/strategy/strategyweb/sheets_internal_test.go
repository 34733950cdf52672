package strategyweb

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy/layout"
)

// A map of sixty objectives stands on several sheets with words that can be read, and no objective is cut.
func TestSheets(t *testing.T) {
	t.Parallel()
	list := sheets()
	last := list[len(list)-1]
	for _, n := range []int{1, 12, 25, 60} {
		m := layout.Map{Bands: []layout.Band{{ID: "0", Title: "A"}, {ID: "1", Title: "B"}, {ID: "2", Title: "C"}}}
		for i := range n {
			m.Objectives = append(m.Objectives, layout.Objective{ID: fmt.Sprint(i), Band: fmt.Sprint(i % 3), Title: "Answer every mail within a day",
				Card: layout.Card{Measure: "First response time · mailbox", Value: "3 d 2 h", Target: "1 d", Bar: true}})
			if i > 2 {
				m.Links = append(m.Links, layout.Link{From: fmt.Sprint(i), To: fmt.Sprint(i % 3)})
			}
		}
		p := layout.Arrange(m, layout.Options{Width: last.width, Standalone: true})
		height := p.Height + 60
		at := cuts(p, height, last.room())
		if at[0] != 0 || at[len(at)-1] != height || n == 60 && len(at) < 3 || n == 1 && len(at) != 2 {
			t.Errorf("%d objectives are cut at %v", n, at)
		}
		for i := 1; i < len(at); i++ {
			if high := at[i] - at[i-1]; high <= 0 || high > last.room()+0.5 {
				t.Errorf("%d objectives: sheet %d is %v high, there is room for %v", n, i, high, last.room())
			}
		}
		for _, y := range at[1 : len(at)-1] {
			for _, node := range p.Nodes {
				if node.Y < y && y < node.Y+node.H {
					t.Errorf("%d objectives: one is cut at %v", n, y)
				}
			}
		}
	}
	if !list[0].readable(600) || list[0].readable(2500) {
		t.Error("a small map is one sheet of A4, a large one is not")
	}
	// One box that is higher than any sheet ends the search.
	huge := layout.Plan{Nodes: []layout.Node{{Box: layout.Box{Y: 10, H: 9000}}}}
	if at := cuts(huge, 9100, last.room()); len(at) < 5 {
		t.Errorf("cut at %v", at)
	}
}

// One member has one file made at a time, the next ones wait in their own line, and only so many are made within some minutes; somebody else
// is not kept waiting by that.
func TestDesk(t *testing.T) {
	t.Parallel()
	var d desk
	ada, bo := org.With(t.Context(), &org.Member{ID: "ada"}), org.With(t.Context(), &org.Member{ID: "bo"})
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	leave, err := d.take(ada, now)
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan func())
	go func() {
		leave, err := d.take(ada, now)
		if err != nil {
			t.Error(err)
		}
		second <- leave
	}()
	gone, cancel := context.WithCancel(ada)
	cancel()
	if _, err := d.take(gone, now); problem.Of(err).Key != "strategy.printing_already" {
		t.Errorf("somebody who left the line: %v", err)
	}
	if other, err := d.take(bo, now); err != nil {
		t.Errorf("somebody else waits: %v", err)
	} else {
		other()
	}
	select {
	case <-second:
		t.Error("two at once")
	default:
	}
	leave()
	(<-second)()
	for range deskMost - 3 {
		leave, err := d.take(ada, now)
		if err != nil {
			t.Fatal(err)
		}
		leave()
	}
	if _, err := d.take(ada, now.Add(time.Minute)); problem.Of(err).Key != "strategy.printed_enough" || problem.Of(err).Code != problem.Busy {
		t.Errorf("one more: %v", err)
	}
	full := &line{turn: make(chan struct{}, 1), in: deskLine}
	d.lines["cy"] = full
	if _, err := d.take(org.With(t.Context(), &org.Member{ID: "cy"}), now); problem.Of(err).Key != "strategy.printing_already" {
		t.Errorf("a line that is full: %v", err)
	}
	full.in = 0
	if _, err := d.take(ada, now.Add(deskFor)); err != nil {
		t.Errorf("later: %v", err)
	}
	if len(d.lines) != 1 {
		t.Errorf("%d members are remembered", len(d.lines))
	}
}
