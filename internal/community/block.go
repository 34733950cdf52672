package community

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang"
)

// What a list of what makes posts wait may have at most.
const (
	maxBlocked  = 500
	maxBlock    = 100
	mostToMatch = 200_000 // characters of a post that are looked at: none is longer
)

// checkBlocked takes words, phrases and host names, one a line.
func checkBlocked(text string) ([]string, error) {
	if len(text) > 4*maxBlocked*maxBlock {
		return nil, problem.New(problem.Invalid, "problem.too_long", "Max", maxBlocked*maxBlock).On("blocked")
	}
	out := []string{}
	for line := range strings.SplitSeq(text, "\n") {
		line = lineOf(line)
		if line == "" || slices.Contains(out, line) {
			continue
		}
		if utf8.RuneCountInString(line) > maxBlock {
			return nil, problem.New(problem.Invalid, "problem.too_long", "Max", maxBlock).On("blocked")
		}
		out = append(out, line)
	}
	if len(out) > maxBlocked {
		return nil, problem.New(problem.Invalid, "community.moderation.many_blocked", "Max", maxBlocked).On("blocked")
	}
	return out, nil
}

// blockedBy is the first entry of a list that a text or one of its links has, "" for none. Words are whole ones, whatever their case and accents; an
// entry with a dot and no space is a host name, and stands for those below it.
func blockedBy(list []string, text string, links []string) string {
	if len(list) == 0 {
		return ""
	}
	if len(text) > mostToMatch {
		text = text[:mostToMatch]
	}
	said := spaced(text)
	var hosts []string
	for _, l := range links {
		if u, err := url.Parse(l); err == nil && u.Hostname() != "" {
			hosts = append(hosts, strings.TrimSuffix(strings.ToLower(u.Hostname()), "."))
		}
	}
	for _, entry := range list {
		if strings.Contains(entry, ".") && !strings.Contains(entry, " ") {
			host := strings.Trim(strings.ToLower(entry), ".")
			for _, h := range hosts {
				if h == host || strings.HasSuffix(h, "."+host) {
					return entry
				}
			}
		}
		if words := spaced(entry); words != " " && strings.Contains(said, words) {
			return entry
		}
	}
	return ""
}

// MaySay refuses words, said elsewhere than in a post, that have something blocked in a community, or are of somebody whose first posts wait there: such
// words would stand at once.
func (s *Service) MaySay(ctx context.Context, c Community, m *org.Member, words string) error {
	rule, err := s.Rule(ctx, c.ID)
	if err != nil || staff(m) {
		return err
	}
	doc, _ := markup.Render(words)
	if blockedBy(rule.Blocked, words, doc.Links) != "" {
		return problem.New(problem.Invalid, "community.moderation.blocked_edit").On("words")
	}
	if rule.FirstPosts == 0 {
		return nil
	}
	t, err := s.trust(ctx, &c, m)
	if err == nil && t.Points() < rule.FirstPosts {
		err = problem.New(problem.Forbidden, "community.moderation.too_new").On("words")
	}
	return err
}

// spaced is the words of a text without case, accents and marks, each between spaces.
func spaced(text string) string {
	var b strings.Builder
	b.WriteByte(' ')
	lang.Words(text, func(t lang.Token) bool {
		b.WriteString(lang.Fold(text[t.Start:t.End]))
		b.WriteByte(' ')
		return true
	})
	return b.String()
}
