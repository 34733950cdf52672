package community

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// What is flagged beside posts.
const (
	AnArticle = "article"
	AProfile  = "profile"
)

// flagged is what something said when it was flagged. Moderators decide on that, whatever its author makes of it meanwhile.
type flagged struct {
	Title   string `json:"title,omitempty"`
	Markup  string `json:"markup,omitempty"`
	Text    string `json:"text,omitempty"`
	Version int    `json:"version,omitempty"` // of an article
	Picture string `json:"picture,omitempty"` // of a profile: what stands for its content
}

func (f *flagged) raw() (string, error) {
	raw, err := json.Marshal(f)
	if err != nil {
		err = fmt.Errorf("keep what was flagged: %w", err)
	}
	return string(raw), err
}

// FlagArticle tells the moderators that something is wrong with an article that everybody reads.
func (s *Service) FlagArticle(ctx context.Context, community, article, reason, words string) error {
	b, err := s.object(ctx, reason, words)
	if err != nil {
		return err
	}
	a, err := s.Article(ctx, b.sees, community, article)
	if err != nil {
		return err
	}
	if !a.Public() {
		return notFound()
	}
	r, err := s.Revision(ctx, a.ID, a.Approved)
	if err != nil {
		return err
	}
	return s.raise(ctx, &b, &Case{Community: community, Space: a.Space, What: AnArticle, Post: a.ID, Author: a.Author, AuthorName: a.AuthorName}, &flagged{Title: r.Title, Markup: r.Markup, Version: a.Approved})
}

// FlagProfile tells those who look after all communities that something is wrong with what somebody says of themselves, or with their picture: it stands in all of them.
func (s *Service) FlagProfile(ctx context.Context, community, handle, reason, words string) error {
	b, err := s.object(ctx, reason, words)
	if err != nil {
		return err
	}
	p, err := s.Profile(ctx, b.sees, community, handle)
	if err != nil {
		return err
	}
	if !p.Flaggable() {
		return notFound()
	}
	return s.raise(ctx, &b, &Case{Community: community, What: AProfile, Post: p.Member, Author: p.authors[0], AuthorName: p.Name}, &flagged{Title: p.Name, Text: p.About, Picture: p.Picture})
}

// Flaggable reports whether somebody says something of themselves, in words or by a picture.
func (p *Profile) Flaggable() bool { return p.Member != "" && (p.About != "" || p.Picture != "") }

// current is what a case is about as it stands now.
type current struct {
	title, html, source, picture string
	version                      int
}

func (x *current) there() bool { return x.title != "" || x.html != "" }

func (s *Service) standing(ctx context.Context, c *Case) (x current, err error) {
	q := s.db.Read()
	fields := func(x *current) []any { return []any{&x.title, &x.html, &x.source, &x.picture, &x.version} }
	switch c.What {
	case AnArticle:
		x, _, err = db.One(ctx, q, fields, `SELECT r.title, r.html, r.markup, '', r.version FROM community_article a JOIN community_revision r
			ON r.article = a.id AND r.version = CASE WHEN a.approved > 0 THEN a.approved ELSE a.version END WHERE a.id = $1`, c.Post)
	case AProfile:
		x, _, err = db.One(ctx, q, fields, "SELECT m.name, '', COALESCE(p.about, ''), COALESCE(p.picture_sum, ''), 0 FROM member m LEFT JOIN community_profile p ON p.member = m.id WHERE m.id = $1", c.Post)
		x.html = markup.Plain(x.source).HTML
	default:
		x, _, err = db.One(ctx, q, fields, `SELECT COALESCE(h.title, p.title), COALESCE(h.html, p.html), COALESCE(h.markup, p.markup), '', 0 FROM community_post p
			LEFT JOIN community_hidden h ON h.post = p.id WHERE p.id = $1`, c.Post)
	}
	if err != nil {
		err = fmt.Errorf("read what a case is about: %w", err)
	}
	return x, err
}

// was is what something said when it was flagged; found is false where that was not kept.
func (c *Case) was() (f flagged, found bool, err error) {
	if c.Kind != "flag" || c.content == "" {
		return f, false, nil
	}
	if err := json.Unmarshal([]byte(c.content), &f); err != nil {
		return f, false, fmt.Errorf("read what was flagged: %w", err)
	}
	return f, true, nil
}

func (f *flagged) html() string {
	_, html := written("", &ledger.Said{Markup: f.Markup, Text: f.Text})
	return html
}

// FlaggedPicture is the picture of the profile that a case is about, as it is, or (was) as it was when it was flagged: for who may decide on it.
func (s *Service) FlaggedPicture(ctx context.Context, id string, was bool) ([]byte, string, error) {
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return nil, "", err
	}
	c, err := s.caseOf(ctx, o, id)
	if err != nil {
		return nil, "", err
	}
	type row struct {
		data []byte
		kind string
	}
	query, about := "SELECT picture, picture_type FROM community_profile WHERE member = $1 AND picture_sum <> ''", c.Post
	if was {
		if query, about = "SELECT picture, picture_type FROM community_case WHERE id = $1 AND picture IS NOT NULL", c.ID; c.Kind == "appeal" {
			about = c.About
		}
	}
	r, found, err := db.One(ctx, s.db.Read(), func(r *row) []any { return []any{&r.data, &r.kind} }, query+" AND $2 = 'profile'", about, c.What)
	if err == nil && !found {
		err = notFound()
	}
	return r.data, r.kind, err
}

// turnOther does with an article or a profile what was decided: "hidden", "deleted", or, with "", shown again.
func (s *Service) turnOther(ctx context.Context, q db.Q, c *Case, decision, words string) ([]ledger.Activity, error) {
	if c.What == AProfile {
		set, args := "hidden_by = $1 WHERE member = $2", []any{c.ID, c.Post}
		switch decision {
		case "":
			set = "hidden_by = '' WHERE hidden_by = $1 AND member = $2"
		case "deleted":
			set, args = "about = '', picture = NULL, picture_type = '', picture_sum = '', hidden_by = '' WHERE member = $1", args[1:]
		}
		if _, err := db.Exec(ctx, q, "UPDATE community_profile SET "+set, args...); err != nil {
			return nil, fmt.Errorf("take a profile away: %w", err)
		}
		return nil, nil
	}
	a, found, err := db.One(ctx, q, articleFields, "SELECT "+articleColumns+" FROM community_article a WHERE a.id = $1", c.Post)
	if err != nil || !found {
		return nil, err
	}
	f, _, err := c.was()
	if err != nil {
		return nil, err
	}
	to := Withdrawn
	if decision == "" {
		if to = Approved; f.Version != a.Version { // what was written since nobody has approved
			to = Drafted
		}
	}
	if a.Public() == (decision == "") {
		return nil, nil // somebody else did so meanwhile
	}
	if decision != "" { // the version that everybody read is the one that can come back
		f.Version = a.Approved
		raw, err := f.raw()
		if err != nil {
			return nil, err
		}
		if _, err := db.Exec(ctx, q, "UPDATE community_case SET content = $1 WHERE id = $2", raw, c.ID); err != nil {
			return nil, fmt.Errorf("keep what was flagged: %w", err)
		}
	}
	m := org.Who(ctx)
	return s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.ArticleTurned, Actor: actorOf(m), Object: a.ID, Channel: a.Channel, At: s.Now(), Key: "article-turned:" + a.ID + ":" + a.last,
		Data: ledger.Data(ledger.ArticleState{State: string(to), Version: a.Version, Words: words, By: lineOf(m.Name)})})
}
