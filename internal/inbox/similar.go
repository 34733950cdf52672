package inbox

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

// Like is a resolved conversation about something alike, and what we answered there.
type Like struct {
	Conversation
	Answer  string // our last public or private words in it
	AnswerP string // the post they are
	By      string // member, "" when unknown
	Shared  []string
	Score   float64 // 0 to 1
}

// What similar conversations are sought by: the words of the opening post, in the full-text index of all posts.
const (
	mostSought    = 14
	shortSought   = 4 // letters of a word
	similarAmong  = 400
	similarMost   = 5
	similarEnough = 0.2
	leastShared   = 2
	mostSoughtIn  = 2000 // bytes of the post
)

// Similar finds resolved conversations that share words with one, the most alike first. Whoever reads the inbox reads all of them.
func (s *Service) Similar(ctx context.Context, c *Conversation) ([]Like, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	q := s.db.Read()
	opening, err := channel.Posts(ctx, q, c.Post)
	if err != nil || len(opening) == 0 {
		return nil, err
	}
	words := Sought(opening[0].Title + " " + opening[0].Text)
	if len(words) < leastShared {
		return nil, nil
	}
	parsed, _ := query.Parse(strings.Join(words, " OR "))
	narrow, index, seq := parsed.Narrow(query.SQLite), "post_text WHERE post_text MATCH $1", "rowid"
	if q.Engine() == db.Postgres {
		narrow, index, seq = parsed.Narrow(query.Postgres), "post_text WHERE stems @@ to_tsquery('simple', $1)", "seq"
	}
	if narrow == "" {
		return nil, nil
	}
	type candidate struct {
		Like
		text string
	}
	list, err := db.All(ctx, q, func(k *candidate) []any { return append(fields(&k.Conversation), &k.text) },
		"SELECT "+prefixed("c.")+", p.title || ' ' || p.text FROM (SELECT "+seq+" AS n FROM "+index+" ORDER BY "+seq+" DESC"+db.Limit(similarAmong)+
			") AS t JOIN post p ON p.seq = t.n JOIN conversation c ON c.root = p.root WHERE c.state = 'resolved' AND c.id <> $2 AND p.ours = 0 AND p.deleted_at IS NULL ORDER BY p.seq DESC", narrow, c.ID)
	if err != nil {
		return nil, fmt.Errorf("find similar conversations: %w", err)
	}
	in := map[string]float64{} // how many candidates have a word: what all have tells nothing
	found := make([][]string, len(list))
	for i := range list {
		have := map[string]bool{}
		for _, w := range Sought(list[i].text) {
			have[stem(w)] = true
		}
		for _, w := range words {
			if have[stem(w)] {
				found[i] = append(found[i], w)
				in[w]++
			}
		}
	}
	weight := func(w string) float64 { return math.Log(1 + float64(len(list)+1)/(1+in[w])) }
	all := 0.0
	for _, w := range words {
		all += weight(w)
	}
	best := map[string]Like{}
	for i := range list {
		k := list[i].Like
		k.Shared = found[i]
		for _, w := range found[i] {
			k.Score += weight(w) / all
		}
		if len(k.Shared) >= leastShared && k.Score >= similarEnough && k.Score > best[k.ID].Score {
			best[k.ID] = k
		}
	}
	out := make([]Like, 0, len(best))
	for _, k := range best {
		out = append(out, k)
	}
	sorting.Func(out, func(a, b Like) int {
		if a.Score != b.Score {
			if a.Score > b.Score {
				return -1
			}
			return 1
		}
		return strings.Compare(b.ID, a.ID)
	})
	out = out[:min(len(out), similarMost)]
	return out, s.answers(ctx, q, out)
}

// answers fills in what we said last in each.
func (s *Service) answers(ctx context.Context, q db.Q, list []Like) error {
	for i := range list {
		posts, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("")+" FROM post WHERE root = $1 AND ours = 1 AND automatic = '' AND deleted_at IS NULL ORDER BY at DESC, id DESC LIMIT 1", list[i].Root)
		if err != nil {
			return fmt.Errorf("read what was answered: %w", err)
		}
		if len(posts) > 0 {
			list[i].Answer, list[i].AnswerP, list[i].By = posts[0].Text, posts[0].ID, s.nameOrNone(ctx, posts[0].Member)
		}
	}
	return nil
}

func (s *Service) nameOrNone(ctx context.Context, member string) string {
	if member == "" {
		return ""
	}
	return s.name(ctx, member)
}

func prefixed(with string) string {
	parts := strings.Split(columns, ",")
	for i, p := range parts {
		parts[i] = with + strings.TrimSpace(p)
	}
	return strings.Join(parts, ", ")
}

// stem is enough of a word to know it again in the plural.
func stem(w string) string {
	if len(w) > 5 {
		return w[:len(w)-1]
	}
	return w
}

// Sought are the words of a text that tell it from others, at most so many, in its order.
func Sought(text string) []string {
	if len(text) > mostSoughtIn {
		text = strings.ToValidUTF8(text[:mostSoughtIn], "")
	}
	var out []string
	seen := map[string]bool{}
	for _, w := range strings.FieldsFunc(lang.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		if utf8.RuneCountInString(w) < shortSought || seen[w] || commonWord(w) {
			continue
		}
		seen[w] = true
		if out = append(out, w); len(out) == mostSought {
			break
		}
	}
	return out
}

// commonWord is one that nearly every message has, in the languages of the interface.
func commonWord(w string) bool {
	return strings.Contains(" about after also been before being could does doing done from good have having hello here into just know like made make more much must need once only other please "+
		"same should since some still such than thank thanks that them then there these they thing this those time very want well were what when where which while will with work would your yours days week "+
		"alors apres aussi autre avec avez avoir avant bien bonjour cela cette ceux chez comme comment dans depuis deux donc elle encore etait etes etre fait faire faut jour jours juste leur lors madame mais meme merci mois moins "+
		"monsieur notre nous nouvelle parce pour pouvez pourquoi puis quand quel quelle quoi sans savoir sera sont suis surtout tous tout toute toutes tres trop vers voila votre vous vraiment semaine semaines ", " "+w+" ")
}

// Terms are the words that a conversation's newest question is about, and its language.
func (s *Service) Terms(ctx context.Context, w *Ways) (words string, language string) {
	taken, err := enrich.TakenFor(ctx, s.db.Read(), []string{w.Post.ID})
	if err == nil {
		language = taken[w.Post.ID].Lang
	}
	return strings.Join(Sought(w.Post.Title+" "+w.Post.Text), " "), language
}
