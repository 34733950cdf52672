package webtest

import (
	"maps"
	"slices"
	"testing"
)

// View is a way to look at a page.
type View struct {
	Theme, Lang   string
	Width, Height int64 // pixels
}

// Narrow and Wide together show what differs: theme, language and width.
var (
	Narrow = View{"light", "fr", 390, 844}
	Wide   = View{"dark", "en", 1280, 900}
)

// Walk has a Look at pages, paths by name, in each of the views, every one in a subtest of its own. then may be nil; it says what else a
// page has to be. Pictures are called kind-name-theme-lang.
func (w *Window) Walk(t *testing.T, kind string, views []View, pages map[string]string, then func(w *Window, name string, v View)) {
	t.Helper()
	w.WalkWhen(t, kind, views, pages, nil, then)
}

// WalkWhen is Walk that does something to each page before it looks at it.
func (w *Window) WalkWhen(t *testing.T, kind string, views []View, pages map[string]string, before func(w *Window), then func(w *Window, name string, v View)) {
	t.Helper()
	for _, v := range views {
		for _, name := range slices.Sorted(maps.Keys(pages)) {
			t.Run(name+"-"+v.Theme+"-"+v.Lang, func(t *testing.T) {
				w := w.In(t)
				w.Size(v.Width, v.Height)
				w.As(v.Theme, v.Lang)
				w.Open(pages[name])
				if before != nil {
					before(w)
				}
				w.Look(kind + "-" + name + "-" + v.Theme + "-" + v.Lang)
				if then != nil {
					then(w, name, v)
				}
			})
		}
	}
}
