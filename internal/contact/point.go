package contact

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/channel"
	connector "github.com/entente/entente/internal/channel/contact"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang"
)

// Point is a place where people write to us on a page: a form of ours, and a widget on the sites it is allowed on.
type Point struct {
	ID        string
	Slug      string // its form is at /contact/SLUG
	Channel   string
	Name      string
	Langs     []string // of its pages, the first is its own
	Community string   // whose answers are shown first, "" for none
	Mail      string   // the channel that answers go out through by mail, "" for none
	Sites     []string // origins that may embed the widget
	Holdout   int      // percent of visitors from whom answers are held back, 0 to 50
	Days      int      // within how many days of a question writing to us is about it, 1 to 30
	Survey    bool     // those who read an answer are asked whether it helped
	CreatedAt time.Time
	ChangedAt time.Time
	ClosedAt  time.Time // zero while it is open
}

const pointColumns = "id, slug, channel, name, langs, community, mail, sites, holdout, days, survey, created_at, changed_at, closed_at"

func pointFields(p *Point) []any {
	return []any{&p.ID, &p.Slug, &p.Channel, &p.Name, db.JSON(&p.Langs), &p.Community, &p.Mail, db.JSON(&p.Sites), &p.Holdout, &p.Days, db.Bool(&p.Survey), db.At(&p.CreatedAt), db.At(&p.ChangedAt),
		db.At(&p.ClosedAt)}
}

// What a contact point may have at most.
const (
	mostPoints  = 100
	mostSites   = 20
	mostHoldout = 50
	maxName     = 80
)

func (s *Service) all(ctx context.Context) ([]Point, error) {
	return s.points.Read(ctx, s.db, "", func(ctx context.Context) ([]Point, error) {
		list, err := db.All(ctx, s.db.Read(), pointFields, "SELECT "+pointColumns+" FROM contact_point ORDER BY lower(name), id")
		if err != nil {
			return nil, fmt.Errorf("read contact points: %w", err)
		}
		return list, nil
	})
}

// Points lists the contact points by name, closed ones too.
func (s *Service) Points(ctx context.Context) ([]Point, error) {
	if err := org.Require(ctx, org.ChannelRead); err != nil {
		return nil, err
	}
	return s.all(ctx)
}

// Point finds one for those who look after them.
func (s *Service) Point(ctx context.Context, point string) (Point, error) {
	list, err := s.Points(ctx)
	if i := slices.IndexFunc(list, func(p Point) bool { return p.ID == point }); i >= 0 {
		return list[i], nil
	} else if err != nil {
		return Point{}, err
	}
	return Point{}, notFound()
}

// Open finds the open contact point with a slug, for everybody.
func (s *Service) Open(ctx context.Context, slug string) (Point, error) {
	list, err := s.all(ctx)
	if err != nil {
		return Point{}, err
	}
	if i := slices.IndexFunc(list, func(p Point) bool { return p.Slug == slug && p.ClosedAt.IsZero() }); i >= 0 {
		return list[i], nil
	}
	return Point{}, notFound()
}

// OpenIn finds the first open contact point whose answers are those of a community, for everybody who sees that.
func (s *Service) OpenIn(ctx context.Context, community string) (Point, error) {
	list, err := s.all(ctx)
	if err != nil {
		return Point{}, err
	}
	if i := slices.IndexFunc(list, func(p Point) bool { return community != "" && p.Community == community && p.ClosedAt.IsZero() }); i >= 0 {
		return list[i], nil
	}
	return Point{}, notFound()
}

// Origin is the one form of a site's origin, or why it is none: https, or http for this machine.
func Origin(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	bad := problem.New(problem.Invalid, "contact.bad_site", "Site", text).On("sites")
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" || len(text) > 200 {
		return "", bad
	}
	host := u.Hostname()
	local := host == "localhost" || host == "127.0.0.1"
	if u.Scheme != "https" && !(u.Scheme == "http" && local) || host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" ||
		!local && !strings.Contains(host, ".") || strings.Trim(u.Port(), "0123456789") != "" {
		return "", bad
	}
	return u.Scheme + "://" + u.Host, nil
}

func (s *Service) check(ctx context.Context, p Point) (Point, error) {
	p.Days = cmp.Or(p.Days, UsualDays)
	p.Name = strings.TrimSpace(strings.Join(strings.Fields(strings.ToValidUTF8(p.Name, "")), " "))
	switch {
	case p.Name == "":
		return p, problem.New(problem.Invalid, "problem.required").On("name")
	case utf8.RuneCountInString(p.Name) > maxName:
		return p, problem.New(problem.Invalid, "problem.too_long", "Max", maxName).On("name")
	case p.Holdout < 0 || p.Holdout > mostHoldout:
		return p, problem.New(problem.Invalid, "contact.bad_holdout", "Max", mostHoldout).On("holdout")
	case p.Days < LeastDays || p.Days > MostDays:
		return p, problem.New(problem.Invalid, "contact.bad_days", "Min", LeastDays, "Max", MostDays).On("days")
	case len(p.Sites) > mostSites:
		return p, problem.New(problem.Invalid, "contact.many_sites", "Max", mostSites).On("sites")
	}
	p.Langs = slices.DeleteFunc(slices.Clone(p.Langs), func(l string) bool { return !i18n.Known(l) })
	if len(p.Langs) == 0 {
		return p, problem.New(problem.Invalid, "problem.required").On("langs")
	}
	var sites []string
	for _, text := range p.Sites {
		site, err := Origin(text)
		if err != nil {
			return p, err
		}
		if !slices.Contains(sites, site) {
			sites = append(sites, site)
		}
	}
	p.Sites = sites
	if p.Community != "" {
		m, err := s.community.Map(ctx)
		if err != nil {
			return p, err
		}
		if !slices.ContainsFunc(m.Communities, func(c community.Community) bool { return c.ID == p.Community }) {
			return p, problem.New(problem.Invalid, "channel.bad_choice").On("community")
		}
	}
	if p.Mail != "" {
		a, err := s.channels.Find(ctx, p.Mail)
		if err != nil || !s.mails(&a) {
			return p, problem.New(problem.Invalid, "channel.bad_choice").On("mail")
		}
	}
	return p, nil
}

// mails reports whether a private word can be sent through a channel to somebody who has not spoken there: a mailbox.
func (s *Service) mails(a *channel.Account) bool {
	d, known := s.channels.Describe(a.Kind)
	return known && a.RemovedAt.IsZero() && !d.Within && d.Can.Has(channel.PrivateReply)
}

// Mailboxes lists the channels that answers can go out through by mail.
func (s *Service) Mailboxes(ctx context.Context) ([]channel.Account, error) {
	list, err := s.channels.List(ctx)
	return slices.DeleteFunc(list, func(a channel.Account) bool { return !s.mails(&a) }), err
}

func settings(p Point) channel.Settings {
	set := channel.Settings{"mail": p.Mail, "live": ""}
	if len(p.Sites) > 0 {
		set["live"] = "true"
	}
	return set
}

// Add makes a contact point and its channel.
func (s *Service) Add(ctx context.Context, p Point) (Point, error) {
	if err := org.Require(ctx, org.ChannelEdit); err != nil {
		return p, err
	}
	p, err := s.check(ctx, p)
	if err != nil {
		return p, err
	}
	list, err := s.all(ctx)
	if err != nil {
		return p, err
	}
	if len(list) >= mostPoints {
		return p, problem.New(problem.Invalid, "contact.many_points", "Max", mostPoints).On("name")
	}
	a, err := s.channels.Add(ctx, channel.Draft{Kind: connector.Kind, Name: p.Name, Settings: settings(p), Inbox: channel.InboxAll})
	if err != nil {
		return p, err
	}
	p.ID, p.Channel, p.Slug, p.CreatedAt, p.ChangedAt = id.New(), a.ID, slug(p.Name, list), s.Now(), s.Now()
	return p, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		err := db.Insert(ctx, q, "contact_point ("+pointColumns+")", [][]any{{p.ID, p.Slug, p.Channel, p.Name, db.J(p.Langs), p.Community, p.Mail, db.J(p.Sites), p.Holdout, p.Days, db.B(p.Survey), db.T(p.CreatedAt),
			db.T(p.ChangedAt), nil}}, "")
		if err != nil {
			return fmt.Errorf("add a contact point: %w", err)
		}
		return s.org.Audit(ctx, q, "contact.add", "contact:"+p.ID, p)
	})
}

// slug is a free address for a name.
func slug(name string, list []Point) string {
	var b strings.Builder
	for _, r := range lang.Fold(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	base := strings.Trim(b.String()[:min(b.Len(), 40)], "-")
	if base == "" {
		base = "contact"
	}
	for n, try := 1, base; ; n++ {
		if n > 1 {
			try = fmt.Sprintf("%s-%d", base, n)
		}
		if !slices.ContainsFunc(list, func(p Point) bool { return p.Slug == try }) {
			return try
		}
	}
}

// Change saves a contact point; ChangedAt is that of what whoever changes it has seen, zero saves it whatever others did.
func (s *Service) Change(ctx context.Context, p Point) (Point, error) {
	if err := org.Require(ctx, org.ChannelEdit); err != nil {
		return p, err
	}
	was, err := s.Point(ctx, p.ID)
	if err != nil {
		return p, err
	}
	if p, err = s.check(ctx, p); err != nil {
		return p, err
	}
	if _, err := s.channels.Update(ctx, was.Channel, channel.Draft{Name: p.Name, Settings: settings(p), Disabled: !was.ClosedAt.IsZero()}); err != nil {
		return p, err
	}
	at := s.Now()
	if !at.After(was.ChangedAt) {
		at = was.ChangedAt.Add(time.Microsecond)
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, `UPDATE contact_point SET name = $1, langs = $2, community = $3, mail = $4, sites = $5, holdout = $6, survey = $7, changed_at = $8, days = $12
			WHERE id = $9 AND ($10 = 1 OR changed_at = $11)`, p.Name, db.J(p.Langs), p.Community, p.Mail, db.J(p.Sites), p.Holdout, db.B(p.Survey), db.T(at), p.ID, db.B(p.ChangedAt.IsZero()), db.T(or(p.ChangedAt, at)), p.Days)
		if err != nil {
			return fmt.Errorf("change a contact point: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "contact.changed_meanwhile")
		}
		return s.org.Audit(ctx, q, "contact.change", "contact:"+p.ID, p)
	})
	if err != nil {
		return p, err
	}
	return s.Point(ctx, p.ID)
}

func or(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

// Close closes a contact point, or opens it again: its pages are gone, its conversations stay and are answered by mail.
func (s *Service) Close(ctx context.Context, point string, closed bool) error {
	if err := org.Require(ctx, org.ChannelEdit); err != nil {
		return err
	}
	if _, err := s.Point(ctx, point); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		at, action := any(nil), "contact.open"
		if closed {
			at, action = db.T(s.Now()), "contact.close"
		}
		if _, err := db.Exec(ctx, q, "UPDATE contact_point SET closed_at = $1, changed_at = $2 WHERE id = $3", at, db.T(s.Now()), point); err != nil {
			return fmt.Errorf("close a contact point: %w", err)
		}
		return s.org.Audit(ctx, q, action, "contact:"+point, nil)
	})
}
