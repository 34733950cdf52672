package webtest

import "fmt"

// wrong says what is wrong with a page, for people who mend it.
func (s seen) wrong(asked look, heads int) []string {
	var out []string
	for _, f := range s.Found {
		for i, n := range f.Nodes {
			if i == places {
				out = append(out, fmt.Sprintf("%s: and %d more", f.ID, len(f.Nodes)-i))
				break
			}
			out = append(out, fmt.Sprintf("%s (%s): %.400s\n%s", f.ID, f.Help, n.HTML, n.Summary))
		}
	}
	if s.Wide > 0 {
		out = append(out, fmt.Sprintf("the page is %d px wider than the screen: %s", s.Wide, s.Wider))
	}
	if s.Style > 0 {
		out = append(out, fmt.Sprintf("%d elements carry inline style or script", s.Style))
	}
	if s.Heads != heads {
		out = append(out, fmt.Sprintf("%d first headings, want %d", s.Heads, heads))
	}
	if asked.lang != "" && s.Lang != asked.lang || asked.theme != "" && s.Dark != (asked.theme == "dark") {
		out = append(out, fmt.Sprintf("the page is in %q and dark is %t: the look that was asked for is %s, %s", s.Lang, s.Dark, asked.lang, asked.theme))
	}
	return out
}
