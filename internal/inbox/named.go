package inbox

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/lang"
)

// Named finds the members whom a note names: @first name, or @ and the whole name. A first name that several have names all of them.
func Named(text string, members []*org.Member) []string {
	folded := lang.Fold(text)
	var out []string
	for at := 0; ; {
		i := strings.IndexByte(folded[at:], '@')
		if i < 0 {
			return out
		}
		at += i + 1
		if at > 1 { // a mail address names nobody
			before := []rune(folded[:at-1])
			if r := before[len(before)-1]; unicode.IsLetter(r) || unicode.IsNumber(r) {
				continue
			}
		}
		rest := strings.ReplaceAll(folded[at:], "’", "'")
		var whole, first []string
		for _, m := range members {
			name := strings.Join(strings.Fields(lang.Fold(m.Name)), " ")
			if begins(rest, name) || begins(rest, strings.ReplaceAll(name, " ", ".")) {
				whole = append(whole, m.ID)
			}
			if f, _, _ := strings.Cut(name, " "); begins(rest, f) {
				first = append(first, m.ID)
			}
		}
		if len(whole) == 0 {
			whole = first
		}
		for _, m := range whole {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
}

// begins reports whether a text begins with a name that ends there.
func begins(text, name string) bool {
	if name == "" || !strings.HasPrefix(text, name) {
		return false
	}
	for _, r := range text[len(name):] {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r)
	}
	return true
}

// tellNamed tells, in the transaction q, those whom a note names.
func (s *Service) tellNamed(ctx context.Context, q db.Q, c *Conversation, by *org.Member, text string) error {
	if !strings.Contains(text, "@") {
		return nil
	}
	list, err := s.org.Team(ctx)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(m *org.Member) bool {
		return m.State != org.Active || !m.Role.May(org.InboxRead) || m.ID == by.ID
	})
	named := Named(text, list)
	if len(named) == 0 {
		return nil
	}
	return s.Tell(ctx, q, named, "inbox.told.named", []any{"Name", by.Name, "Title", c.Name()}, c.ID)
}
