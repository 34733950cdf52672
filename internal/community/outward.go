package community

import (
	"context"
	"fmt"
	"image/color"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// World is the sight of nobody in particular: what is told to search engines and to other people's pages, whoever asks.
func (s *Service) World(ctx context.Context) (Sight, error) { return s.Sees(org.With(ctx, nil), nil) }

// Mapped is something whose address search engines are told.
type Mapped struct {
	Path string
	At   time.Time // when something was said there last
}

// partMost is how many addresses a part of a site map has. Search engines take 50,000.
const partMost = 5000

// Parts is how many parts the site map of a community has, by what nobody in particular may read.
func (s *Service) Parts(ctx context.Context, o Sight, community string) (threads int, articles bool, err error) {
	q := s.db.Read()
	in := db.Texts(o.Readable(community))
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_thread WHERE deleted_at IS NULL AND space IN "+db.Among(q, "$1"), in)
	if err != nil {
		return 0, false, fmt.Errorf("count threads: %w", err)
	}
	_, articles, err = db.Value[int](ctx, q, "SELECT 1 FROM community_article WHERE approved > 0 AND space IN "+db.Among(q, "$1")+" LIMIT 1", in)
	return (n + partMost - 1) / partMost, articles, err
}

// MapThreads lists the threads of a part of the site map, from 1, the oldest first, so that a part that is full stays as it is.
func (s *Service) MapThreads(ctx context.Context, o Sight, community string, part int) ([]Mapped, error) {
	q := s.db.Read()
	list, err := db.All(ctx, q, threadFields, "SELECT "+threadColumns+" FROM community_thread t WHERE t.deleted_at IS NULL AND t.space IN "+db.Among(q, "$1")+
		" ORDER BY t.at, t.id LIMIT $2 OFFSET $3", db.Texts(o.Readable(community)), partMost, (part-1)*partMost)
	if err != nil {
		return nil, fmt.Errorf("list threads for a site map: %w", err)
	}
	out := make([]Mapped, len(list))
	for i := range list {
		out[i] = Mapped{list[i].Path(), list[i].LastAt}
	}
	return out, nil
}

// MapArticles lists the articles everybody reads, up to as many as a part has.
func (s *Service) MapArticles(ctx context.Context, o Sight, community string) ([]Mapped, error) {
	q := s.db.Read()
	list, err := db.All(ctx, q, articleFields, "SELECT "+articleColumns+" FROM community_article a WHERE a.approved > 0 AND a.space IN "+db.Among(q, "$1")+" ORDER BY a.at, a.id"+db.Limit(partMost),
		db.Texts(o.Readable(community)))
	if err != nil {
		return nil, fmt.Errorf("list articles for a site map: %w", err)
	}
	out := make([]Mapped, len(list))
	for i := range list {
		out[i] = Mapped{list[i].Path(), list[i].ApprovedAt}
	}
	return out, nil
}

// Colours are those of the page, of letters and of the community, in the light.
func (l Look) Colours() (paper, ink, accent color.RGBA) {
	of := func(text, otherwise string) color.RGBA {
		c, ok := colourOf(text)
		if !ok {
			c = known(otherwise)
		}
		return color.RGBA{uint8(c[0]*255 + 0.5), uint8(c[1]*255 + 0.5), uint8(c[2]*255 + 0.5), 255}
	}
	return of(l.Background, defaultPaper), of(l.Text, defaultInk), of(l.Accent, defaultAccent)
}
