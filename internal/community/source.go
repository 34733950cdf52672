package community

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// WithInbox lets what was answered in conversations become articles. Call it before the service is used.
func (s *Service) WithInbox(i *inbox.Service) *Service {
	s.inbox = i
	return s
}

// answered finds a conversation, for who reads the inbox.
func (s *Service) answered(ctx context.Context, conversation string) (inbox.Conversation, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return inbox.Conversation{}, err
	}
	if s.inbox == nil {
		return inbox.Conversation{}, notFound()
	}
	return s.inbox.Find(ctx, conversation)
}

// mostAnswered is in how many of the newest posts of a conversation answers are sought.
const mostAnswered = 200

// SeedOfConversation is the text that an article made of a conversation begins with: what we answered, and nothing of what was asked. Names,
// addresses and numbers of those who asked are left out as far as they can be told; whoever writes the article reads it.
func (s *Service) SeedOfConversation(ctx context.Context, conversation string) (c inbox.Conversation, body string, err error) {
	if c, err = s.answered(ctx, conversation); err != nil {
		return c, "", err
	}
	t, err := s.inbox.Timeline(ctx, c.ID, "", mostAnswered)
	if err != nil {
		return c, "", err
	}
	names := []string{c.AuthorName}
	for _, e := range t.Entries {
		if e.Post != nil && !e.Post.Ours {
			names = append(names, e.Post.AuthorName)
		}
	}
	var parts []string
	for _, e := range t.Entries {
		if tells(e.Post) {
			if text := conceal(e.Post.Text, names); text != "" {
				parts = append(parts, text)
			}
		}
	}
	body = strings.Join(parts, "\n\n")
	if utf8.RuneCountInString(body) > MaxBody {
		body = string([]rune(body)[:MaxBody])
	}
	return c, body, nil
}

// tells reports whether a post is an answer that a human being of ours gave.
func tells(p *inbox.Said) bool {
	return p != nil && p.Ours && p.Automatic == "" && p.DeletedAt.IsZero()
}

const hiddenMark = "…"

// What is somebody's: mail addresses, and numbers of phones, orders and accounts.
var (
	anAddress = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}.-]+\.\p{L}{2,}`)
	aNumber   = regexp.MustCompile(`\+?\p{N}(?:[\p{N}\s./()-]{5,})\p{N}`)
)

// conceal leaves out of an answer what its reader said before, who they are and how they are reached.
func conceal(text string, names []string) string {
	var keep []string
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), ">") {
			keep = append(keep, line)
		}
	}
	text = anAddress.ReplaceAllString(strings.Join(keep, "\n"), hiddenMark)
	text = aNumber.ReplaceAllStringFunc(text, func(n string) string {
		digits := 0
		for _, r := range n {
			if unicode.IsDigit(r) {
				digits++
			}
		}
		if digits < 6 || strings.Contains(n, "\n") {
			return n
		}
		return hiddenMark
	})
	var parts []string
	for _, name := range names {
		for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' && r != '’' }) {
			first, _ := utf8.DecodeRuneInString(part)
			if unicode.IsUpper(first) && utf8.RuneCountInString(part) > 2 && !slices.Contains(parts, part) {
				parts = append(parts, regexp.QuoteMeta(part))
			}
		}
	}
	if len(parts) > 0 {
		sorting.Func(parts, func(a, b string) int { return len(b) - len(a) })
		name := regexp.MustCompile(`(?i)(^|[^\p{L}])(?:` + strings.Join(parts, "|") + `)($|[^\p{L}])`)
		for range 2 { // two names in a row share the space between them
			text = name.ReplaceAllString(text, "${1}"+hiddenMark+"${2}")
		}
	}
	return strings.TrimSpace(text)
}

// ArticlesOfConversation are the articles that were made of a conversation and that whoever asks may read, of all communities.
func (s *Service) ArticlesOfConversation(ctx context.Context, o Sight, conversation string) ([]Article, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), articleFields, "SELECT "+articleColumns+" FROM community_article a WHERE a.conversation = $1 ORDER BY a.at"+db.Limit(20), conversation)
	m := org.Who(ctx)
	return slices.DeleteFunc(list, func(a Article) bool { return !o.Reads(m, &a) }), err
}

// Limits of what an article is about.
const (
	maxProducts = 8
	maxProduct  = 80
)

// named reports whether a name is one: something in it is read.
func named(product string) bool {
	return strings.ContainsFunc(product, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

func checkProducts(list []string) ([]string, error) {
	var out []string
	for _, p := range list {
		if p = lineOf(p); !named(p) || slices.Contains(out, p) {
			continue
		}
		if utf8.RuneCountInString(p) > maxProduct {
			return nil, problem.New(problem.Invalid, "problem.too_long", "Max", maxProduct).On("products")
		}
		out = append(out, p)
	}
	if len(out) > maxProducts {
		return nil, problem.New(problem.Invalid, "community.article.many_products", "Max", maxProducts).On("products")
	}
	return out, nil
}

// Products are what the articles of a community are about that everybody reads who sees what the sight sees.
func (s *Service) Products(ctx context.Context, o Sight, community string) ([]string, error) {
	q := s.db.Read()
	lists, err := db.All(ctx, q, db.Self[string], "SELECT DISTINCT a.products FROM community_article a WHERE a.approved > 0 AND a.products <> '[]' AND a.space IN "+db.Among(q, "$1")+db.Limit(500),
		db.Texts(o.Readable(community)))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, raw := range lists {
		var list []string
		if err := db.JSON(&list).Scan(raw); err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
