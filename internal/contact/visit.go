package contact

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// VisitFor is how long a browser keeps the name of a visit: within it, one person with one question is one visit.
const VisitFor = 7 * 24 * time.Hour

// Within how many days of a question writing to us counts as being about it, at least, at most and where nobody says otherwise (ServiceXRG's 72 hours).
const (
	LeastDays = 1
	MostDays  = 30
	UsualDays = 3
)

// inTime is how long that is for a visit v, in microseconds: a number of 64 bits, on PostgreSQL too.
const inTime = "v.days * 86400000000"

// Visit is somebody with a question at a contact point.
type Visit struct {
	ID      string // what the secret is kept as
	Point   string
	At      time.Time
	Held    bool // no answers are shown to them, to compare
	Widget  bool
	Lang    string
	Offered int
	Reads   int
	Found   string // yes, no, or "" when they did not say
	Would   string
	WroteAt time.Time
	Thread  string // the first post of what they wrote
}

const visitColumns = "id, point, at, held, widget, lang, offered, reads, found, would, wrote_at, thread"

func visitFields(v *Visit) []any {
	return []any{&v.ID, &v.Point, db.At(&v.At), db.Bool(&v.Held), db.Bool(&v.Widget), &v.Lang, &v.Offered, &v.Reads, word{&v.Found}, word{&v.Would}, db.At(&v.WroteAt), &v.Thread}
}

// word reads 1, 0 and null as yes, no and "".
type word struct{ s *string }

// Scan reads it.
func (w word) Scan(v any) error {
	switch v {
	case nil:
		*w.s = ""
	case int64(1):
		*w.s = "yes"
	default:
		*w.s = "no"
	}
	return nil
}

// A secret names a visit: who has it goes on with the visit and reads the answers. Only its digest is kept.
const secretLength = 26

func alphabet() *base32.Encoding {
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
}

// NewSecret makes one of 128 bits.
func NewSecret() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: see crypto/rand
	return alphabet().EncodeToString(b[:])
}

// Secret reports whether a text has the form of one.
func Secret(text string) bool {
	raw, err := alphabet().DecodeString(text)
	return err == nil && len(text) == secretLength && len(raw) == 16
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte("visit\x00" + secret))
	return hex.EncodeToString(sum[:16])
}

// Visit finds a visit to a contact point by its secret; found is false before it has begun.
func (s *Service) Visit(ctx context.Context, p *Point, secret string) (v Visit, found bool, err error) {
	if !Secret(secret) {
		return v, false, nil
	}
	v, found, err = db.One(ctx, s.db.Read(), visitFields, "SELECT "+visitColumns+" FROM contact_visit WHERE id = $1 AND point = $2", digest(secret), p.ID)
	if err != nil {
		return v, false, fmt.Errorf("find a visit: %w", err)
	}
	return v, found, nil
}

// held draws whether answers are held back from a visit: always the same for the same one.
func held(visit string, share int) bool {
	sum := sha256.Sum256([]byte("holdout\x00" + visit))
	return int(binary.BigEndian.Uint32(sum[:])%100) < share
}

// Answer is something that may answer a question, as everybody may read it.
type Answer struct {
	Kind  string // question, article
	Ref   string
	Title string
	Said  []community.Bit
	Lang  string
}

// What is shown of answers, and how long a question may be.
const (
	mostAnswers  = 5
	maxQuestion  = 300
	questionKind = "question"
	articleKind  = "article"
)

// Answers are what may answer a question at a contact point: what whoever asks may read.
func (s *Service) Answers(ctx context.Context, p *Point, question string) ([]Answer, error) {
	if p.Community == "" {
		return nil, nil
	}
	o, err := s.community.Sees(ctx, nil)
	if err != nil {
		return nil, err
	}
	list, err := s.community.Answers(ctx, o, p.Community, question, mostAnswers)
	if err != nil {
		return nil, err
	}
	out := make([]Answer, 0, len(list))
	for _, f := range list {
		a := Answer{Kind: questionKind, Ref: f.Ref(), Title: f.Title, Said: f.Said, Lang: f.Lang}
		if f.Kind == community.Articles {
			a.Kind = articleKind
		}
		out = append(out, a)
	}
	spoken := i18n.Lang(ctx)
	sorting.Stable(out, func(a, b Answer) int { return int(db.B(b.Lang == spoken) - db.B(a.Lang == spoken)) })
	return out, nil
}

// Ask begins a visit with a question, which is not kept, and returns it. Asking again goes on with the same visit.
func (s *Service) Ask(ctx context.Context, p *Point, secret, question, lang, address string, widget bool) (Visit, error) {
	if !Secret(secret) {
		return Visit{}, problem.New(problem.Invalid, "problem.bad_form")
	}
	if err := checkQuestion(question); err != nil {
		return Visit{}, err
	}
	if v, found, err := s.Visit(ctx, p, secret); err != nil || found {
		return v, err
	}
	now := s.Now()
	if err := s.pace(now, "ask", address, 20, 12, 3000); err != nil {
		return Visit{}, err
	}
	answers, err := s.Answers(ctx, p, question)
	if err != nil {
		return Visit{}, err
	}
	visit := digest(secret)
	in := ledger.Visit{Point: p.ID, Widget: widget, Holdout: p.Holdout, Offered: len(answers), Lang: lang, Days: p.Days, By: by(ctx)}
	if p.Community != "" && held(visit, p.Holdout) {
		in.Held = true
	}
	_, err = s.ledger.State(ctx, s.fact(ledger.VisitBegun, p, visit, "begun:"+visit, in))
	if err != nil {
		return Visit{}, fmt.Errorf("state a visit: %w", err)
	}
	v, _, err := s.Visit(ctx, p, secret)
	return v, err
}

// by is the identity of whoever is signed in and asks: what they write by another way in time is contact too. Of all others nothing is known.
func by(ctx context.Context) string {
	m := org.Who(ctx)
	if m == nil || m.Email == "" {
		return ""
	}
	uri, err := channel.Identify("mailto:"+m.Email, "")
	if err != nil {
		return ""
	}
	return uri
}

func checkQuestion(text string) error {
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return problem.New(problem.Invalid, "problem.required").On("question")
	case n > maxQuestion:
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxQuestion).On("question")
	}
	return nil
}

// pace bounds what one network address does, and what all do together.
func (s *Service) pace(now time.Time, what, address string, burst int, perMinute, together float64) error {
	if err := s.paces.take(now, what+" "+address, burst, perMinute); err != nil {
		return err
	}
	return s.paces.take(now, what, int(together), together)
}

func (s *Service) fact(kind string, p *Point, visit, key string, data any) ledger.Activity {
	return ledger.Activity{Kind: kind, Actor: "visitor:" + visit, Object: visit, Channel: p.Channel, At: s.Now(), Key: "visit:" + key, Data: ledger.Data(data)}
}

// Reading is an answer opened.
type Reading struct {
	Answer
	Asked string // safe HTML, of a question
	HTML  string // safe
	By    string
	Path  string // its page in the community
}

// Read opens an answer for a visit, which is a fact once.
func (s *Service) Read(ctx context.Context, p *Point, v *Visit, kind, ref, address string) (Reading, error) {
	var r Reading
	o, err := s.community.Sees(ctx, nil)
	if err != nil {
		return r, err
	}
	c, seen := o.ByID(p.Community)
	if !seen {
		return r, notFound()
	}
	switch kind {
	case questionKind:
		t, asked, solved, err := s.community.Solution(ctx, o, p.Community, ref)
		if err != nil {
			return r, err
		}
		r = Reading{Answer: Answer{Kind: kind, Ref: t.ID, Title: t.Title, Lang: t.Lang}, Asked: asked.HTML, HTML: solved.HTML, By: solved.AuthorName, Path: c.Path() + t.Path()}
	case articleKind:
		a, err := s.community.Article(ctx, o, p.Community, ref)
		if err != nil {
			return r, err
		}
		rev, err := s.community.Revision(ctx, a.ID, a.Approved)
		if err != nil {
			return r, err
		}
		r = Reading{Answer: Answer{Kind: kind, Ref: a.ID, Title: rev.Title, Lang: a.Lang}, HTML: rev.HTML, By: rev.AuthorName, Path: c.Path() + a.Path()}
	default:
		return r, notFound()
	}
	if v == nil || v.ID == "" {
		return r, nil
	}
	if err := s.pace(s.Now(), "read", address, 60, 60, 6000); err != nil {
		return r, err
	}
	if _, err := s.ledger.State(ctx, s.fact(ledger.VisitRead, p, v.ID, "read:"+v.ID+":"+kind+":"+r.Ref, ledger.AnswerRead{Kind: kind, Ref: r.Ref})); err != nil {
		return r, fmt.Errorf("state that an answer was read: %w", err)
	}
	return r, nil
}

// Judge keeps what somebody says on leaving: whether they found an answer, and whether they would have written otherwise. Each is said once.
func (s *Service) Judge(ctx context.Context, p *Point, v *Visit, j ledger.Judgement, address string) error {
	ok := func(text string) bool { return text == "" || text == "yes" || text == "no" }
	if !ok(j.Found) || !ok(j.Would) || j == (ledger.Judgement{}) || v.ID == "" {
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	if err := s.pace(s.Now(), "read", address, 60, 60, 6000); err != nil {
		return err
	}
	var list []ledger.Activity
	if j.Found != "" {
		list = append(list, s.fact(ledger.VisitJudged, p, v.ID, "found:"+v.ID, ledger.Judgement{Found: j.Found}))
	}
	if j.Would != "" {
		list = append(list, s.fact(ledger.VisitJudged, p, v.ID, "would:"+v.ID, ledger.Judgement{Would: j.Would}))
	}
	if _, err := s.ledger.State(ctx, list...); err != nil {
		return fmt.Errorf("state what somebody said on leaving: %w", err)
	}
	return nil
}
