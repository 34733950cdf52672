package situation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Kind is what a statement is for.
type Kind string

// The kinds.
const (
	Holding   Kind = "holding"   // that we know of it and say more soon
	Statement Kind = "statement" // what we have to say
	Elsewhere Kind = "elsewhere" // it was said in another place, and is noted here
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Holding, Statement, Elsewhere} }

// Wording is a statement about a situation.
type Wording struct {
	ID, Situation string
	Kind          Kind
	Content       ledger.Worded
	State         string // written, approved, underway, delivered, stopped
	WrittenBy     string
	WrittenAt     time.Time
	ApprovedBy    string
	ApprovedAt    time.Time
	BegunBy       string
	BegunAt       time.Time
	EndedAt       time.Time
}

// Text is what it says in a language, else in the first other there is.
func (w *Wording) Text(lang string) string {
	if t := w.Content.Texts[lang]; t != "" {
		return t
	}
	for _, l := range w.Langs() {
		return w.Content.Texts[l]
	}
	return ""
}

// Langs lists the languages it is written in, by code.
func (w *Wording) Langs() []string {
	var out []string
	for l, t := range w.Content.Texts {
		if t != "" {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return out
}

const wordingColumns = "id, situation, kind, content, state, written_by, written_at, approved_by, approved_at, begun_by, begun_at, ended_at"

func wordingFields(w *Wording) []any {
	return []any{&w.ID, &w.Situation, (*string)(&w.Kind), db.JSON(&w.Content), &w.State, &w.WrittenBy, db.At(&w.WrittenAt), &w.ApprovedBy, db.At(&w.ApprovedAt), &w.BegunBy, db.At(&w.BegunAt), db.At(&w.EndedAt)}
}

// Statements lists the statements of a situation, the newest first.
func (s *Service) Statements(ctx context.Context, situation string) ([]Wording, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db.Read(), wordingFields, "SELECT "+wordingColumns+" FROM situation_statement WHERE situation = $1 ORDER BY written_at DESC, id DESC LIMIT 200", situation)
}

// Statement returns one statement.
func (s *Service) Statement(ctx context.Context, statement string) (Wording, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Wording{}, err
	}
	w, found, err := db.One(ctx, s.db.Read(), wordingFields, "SELECT "+wordingColumns+" FROM situation_statement WHERE id = $1", statement)
	if err == nil && !found {
		err = notFound()
	}
	return w, err
}

const maxWords = 20_000 // characters of a statement

// Write keeps a statement to be approved; one that was said elsewhere needs no approval. The same token writes once.
func (s *Service) Write(ctx context.Context, situation string, w ledger.Worded, token string) (Wording, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Wording{}, err
	}
	v, err := s.Find(ctx, situation)
	if err != nil {
		return Wording{}, err
	}
	if !slices.Contains(Kinds(), Kind(w.Kind)) {
		return Wording{}, problem.New(problem.Invalid, "situation.no_kind").On("kind")
	}
	if w.Kind == string(Elsewhere) && !m.May(org.InboxAssign) {
		return Wording{}, problem.New(problem.Forbidden, "problem.forbidden")
	}
	texts := map[string]string{}
	for lang, text := range w.Texts {
		if len(lang) > 10 {
			return Wording{}, problem.New(problem.Invalid, "problem.bad_form").On("texts")
		}
		if text, err = checked(text, "texts", maxWords, false); err != nil {
			return Wording{}, err
		}
		if text != "" {
			texts[lang] = text
		}
	}
	if len(texts) == 0 || len(texts) > 50 {
		return Wording{}, problem.New(problem.Invalid, "problem.required").On("texts")
	}
	w.Texts = texts
	if w.Short, err = checked(w.Short, "short", 1000, false); err != nil {
		return Wording{}, err
	}
	if w.URL, err = checked(w.URL, "url", 1000, false); err != nil {
		return Wording{}, err
	}
	if w.URL != "" && !webAddress(w.URL) {
		return Wording{}, problem.New(problem.Invalid, "situation.bad_url").On("url")
	}
	if len(token) > 100 {
		return Wording{}, problem.New(problem.Invalid, "problem.bad_form").On("token")
	}
	a := ledger.Activity{ID: s.ids.Make(s.Now()), Kind: ledger.SituationWorded, Actor: "member:" + m.ID, Object: v.ID, At: s.Now(), Data: ledger.Data(w)}
	if token != "" {
		a.Key = ledger.SituationWorded + ":" + m.ID + ":" + clean(token)
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var err error
		if stated, err = s.ledger.AppendTx(ctx, q, a); err != nil || len(stated) == 0 {
			return err
		}
		if w.Kind != string(Elsewhere) {
			leaders, err := s.Leaders(ctx)
			if err != nil {
				return err
			}
			var ids []string
			for _, l := range leaders {
				ids = append(ids, l.ID)
			}
			if err := s.warn(ctx, q, a.ID, others(ctx, ids), "situation.tell.approve", v.ID, "Name", v.Name); err != nil {
				return err
			}
		}
		return s.org.Audit(ctx, q, a.Kind, "situation:"+v.ID, map[string]string{"statement": a.ID})
	})
	if err != nil {
		return Wording{}, fmt.Errorf("write a statement: %w", err)
	}
	if len(stated) == 0 {
		if a, _, err = s.ledger.FindKey(ctx, a.Key); err != nil {
			return Wording{}, err
		}
	} else {
		a = stated[0]
	}
	s.ledger.Wake()
	if err := s.ledger.Await(ctx, []ledger.Activity{a}); err != nil {
		return Wording{}, err
	}
	return s.Statement(ctx, a.ID)
}

// Check holds what a statement says against the charter in force, in each language and in short: what is not met of any rule, by field.
func (s *Service) Check(ctx context.Context, w *Wording) ([]inbox.Finding, error) {
	var out []inbox.Finding
	texts := []string{w.Content.Short}
	for _, l := range w.Langs() {
		texts = append(texts, w.Content.Texts[l])
	}
	for _, text := range texts {
		if text == "" {
			continue
		}
		found, err := s.inbox.CheckStatement(ctx, text, w.Content.Private)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if !slices.ContainsFunc(out, func(o inbox.Finding) bool { return o.Rule == f.Rule }) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// Approve lets a statement go out. Whoever wrote it does not approve it, unless nobody else could. What breaks a binding rule of the charter is
// refused, with the reason, unless override says that it shall go out all the same.
func (s *Service) Approve(ctx context.Context, statement string, override bool) (Wording, error) {
	return s.turn(ctx, statement, func(w *Wording, m *org.Member) (string, error) {
		if w.State != "written" {
			return "", nil
		}
		if w.WrittenBy == m.ID {
			others, err := s.Leaders(ctx)
			if err != nil {
				return "", err
			}
			if slices.ContainsFunc(others, func(o *org.Member) bool { return o.ID != m.ID }) {
				return "", problem.New(problem.Forbidden, "situation.own_words")
			}
		}
		found, err := s.Check(ctx, w)
		if err != nil {
			return "", err
		}
		for i := range found {
			if f := &found[i]; f.Refuses() && !override {
				return "", problem.New(problem.Invalid, "inbox.charter_broken", "Rule", f.Sentence, "Reason", f.Line(ctx))
			}
		}
		return ledger.SituationApproved, nil
	}, nil)
}

// Begin sends a statement to every conversation of its situation that has no copy yet, each once. Called again, it goes on where it was
// stopped, and reaches those that were gathered since. In a drill nothing goes out.
func (s *Service) Begin(ctx context.Context, statement string) (Wording, error) {
	w, err := s.turn(ctx, statement, func(w *Wording, _ *org.Member) (string, error) {
		switch {
		case w.State == "written":
			return "", problem.New(problem.Invalid, "situation.not_approved")
		case w.Kind == Elsewhere:
			return "", problem.New(problem.Invalid, "situation.said_elsewhere")
		}
		return ledger.SituationBegun, nil
	}, func(ctx context.Context, q db.Q, v *Situation, w *Wording) (int, error) {
		// What a stop held back goes after all; whom there is no copy for gets one.
		if _, err := db.Exec(ctx, q, "UPDATE situation_copy SET state = 'waiting', tries = 0, sending = '' WHERE statement = $1 AND state = 'cancelled'", w.ID); err != nil {
			return 0, err
		}
		_, err := db.Exec(ctx, q, `INSERT INTO situation_copy (statement, conversation, state, at) SELECT DISTINCT CAST($1 AS TEXT), c.id, 'waiting', CAST($3 AS BIGINT)
			FROM situation_conversation x JOIN conversation c ON c.id = `+gathered+` WHERE x.situation = $2 ON CONFLICT DO NOTHING`, w.ID, v.ID, s.Now().UnixMicro())
		if err != nil {
			return 0, err
		}
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM situation_copy WHERE statement = $1 AND state = 'waiting'", w.ID)
		if err == nil && n == 0 {
			err = problem.New(problem.Invalid, "situation.nobody_left")
		}
		return n, err
	})
	if err == nil {
		s.ring()
	}
	return w, err
}

// Stop keeps back what is not yet on its way.
func (s *Service) Stop(ctx context.Context, statement string) (Wording, error) {
	return s.turn(ctx, statement, func(w *Wording, _ *org.Member) (string, error) {
		if w.State != "underway" && w.State != "delivered" || w.Kind == Elsewhere {
			return "", nil
		}
		return ledger.SituationStopped, nil
	}, func(ctx context.Context, q db.Q, _ *Situation, w *Wording) (int, error) {
		n, err := db.Exec(ctx, q, "UPDATE situation_copy SET state = 'cancelled' WHERE statement = $1 AND state = 'waiting'", w.ID)
		if err != nil {
			return 0, err
		}
		queued, err := db.All(ctx, q, db.Self[string], "SELECT sending FROM situation_copy WHERE statement = $1 AND state = 'queued' ORDER BY sending", w.ID)
		if err != nil {
			return 0, err
		}
		taken, err := s.channels.WithdrawAll(ctx, q, queued)
		if err != nil {
			return 0, err
		}
		if _, err = db.Exec(ctx, q, "UPDATE situation_copy SET state = 'cancelled' WHERE statement = $1 AND state = 'queued' AND sending IN "+db.Among(q, "$2"), w.ID, db.Texts(taken)); err != nil {
			return 0, err
		}
		// Else who goes on would be given the sending that was taken back, for one that is on its way.
		return int(n) + len(taken), s.inbox.Unsay(ctx, q, taken)
	})
}

// turn states what becomes of a statement.
func (s *Service) turn(ctx context.Context, statement string, decide func(*Wording, *org.Member) (string, error),
	also func(context.Context, db.Q, *Situation, *Wording) (int, error)) (Wording, error) {
	m, err := acting(ctx, org.InboxAssign)
	if err != nil {
		return Wording{}, err
	}
	if !id.Valid(statement) {
		return Wording{}, notFound()
	}
	w, err := s.Statement(ctx, statement)
	if err != nil {
		return w, err
	}
	v, err := s.find(ctx, s.db.Read(), w.Situation)
	if err != nil {
		return w, err
	}
	kind, err := decide(&w, m)
	if err != nil || kind == "" {
		return w, err
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		o := ledger.OfStatement{Statement: w.ID}
		if also != nil {
			n, err := also(ctx, q, &v, &w)
			if err != nil {
				return err
			}
			o.Copies = n
		}
		var err error
		if stated, err = s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: kind, Actor: "member:" + m.ID, Object: v.ID, At: s.Now(), Data: ledger.Data(o)}); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, kind, "situation:"+v.ID, map[string]string{"statement": w.ID})
	})
	if err != nil {
		return w, fmt.Errorf("%s: %w", kind, err)
	}
	s.ledger.Wake()
	if err := s.ledger.Await(ctx, stated); err != nil {
		return w, err
	}
	return s.Statement(ctx, w.ID)
}

// Progress is how far a statement has come.
type Progress struct {
	Copies    int // in all
	Waiting   int // to be handed over
	Queued    int // wait for their channel
	Sent      int
	Failed    int // refused by the place, or nobody knows whether it arrived
	Skipped   int // nothing can be said there
	Cancelled int // held back, or taken back by somebody
	Rehearsed int // of a drill
	Held      []Hold
}

// Hold is why copies were not or not yet sent: by channel and reason.
type Hold struct {
	Channel, Name string
	Why           channel.Remark
	Skipped       bool
	N             int
}

// Ended is how many need nothing any more.
func (p *Progress) Ended() int {
	return p.Sent + p.Failed + p.Skipped + p.Cancelled + p.Rehearsed
}

// Progress counts the copies of a statement.
func (s *Service) Progress(ctx context.Context, statement string) (Progress, error) {
	var p Progress
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return p, err
	}
	type row struct {
		state, sending string
		n              int
	}
	rows, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.state, &r.sending, &r.n} },
		"SELECT y.state, COALESCE(o.state, ''), COUNT(*) FROM situation_copy y LEFT JOIN outgoing o ON o.id = y.sending AND y.sending <> '' WHERE y.statement = $1 GROUP BY 1, 2", statement)
	if err != nil {
		return p, fmt.Errorf("count the copies of a statement: %w", err)
	}
	for _, r := range rows {
		p.Copies += r.n
		switch {
		case r.state == "waiting":
			p.Waiting += r.n
		case r.state == "skipped":
			p.Skipped += r.n
		case r.state == "rehearsed":
			p.Rehearsed += r.n
		case r.state == "cancelled" || r.sending == string(channel.Withdrawn):
			p.Cancelled += r.n
		case r.sending == string(channel.Sent):
			p.Sent += r.n
		case r.sending == string(channel.Failed) || r.sending == string(channel.Unknown):
			p.Failed += r.n
		default:
			p.Queued += r.n
		}
	}
	if p.Skipped+p.Failed+p.Queued == 0 {
		return p, nil
	}
	if p.Held, err = db.All(ctx, s.db.Read(), func(h *Hold) []any { return []any{&h.Channel, &h.Name, &h.Why, db.Bool(&h.Skipped), &h.N} },
		`SELECT COALESCE(h.id, ''), COALESCE(h.name, ''), CASE WHEN y.state = 'skipped' THEN y.why ELSE o.error END, CASE WHEN y.state = 'skipped' THEN 1 ELSE 0 END, COUNT(*)
		FROM situation_copy y LEFT JOIN outgoing o ON o.id = y.sending AND y.sending <> '' LEFT JOIN conversation c ON c.id = y.conversation LEFT JOIN channel h ON h.id = COALESCE(o.channel, c.channel)
		WHERE y.statement = $1 AND (y.state = 'skipped' OR y.state = 'queued' AND o.state IN ('queued', 'failed', 'uncertain') AND o.error <> '')
		GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 3 LIMIT 20`, statement); err != nil {
		return p, fmt.Errorf("read why copies are held: %w", err)
	}
	return p, nil
}

// Fresh is how many conversations a situation gathered that a statement has no copy for.
func (s *Service) Fresh(ctx context.Context, w *Wording) (int, error) {
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(DISTINCT c.id) FROM situation_conversation x JOIN conversation c ON c.id = "+gathered+
		" WHERE x.situation = $1 AND NOT EXISTS (SELECT 1 FROM situation_copy y WHERE y.statement = $2 AND y.conversation = c.id)", w.Situation, w.ID)
	return n, err
}

// Sentence is why in the words of people.
func Sentence(ctx context.Context, r channel.Remark) string {
	if r.Key != "" {
		return i18n.T(ctx, r.Key, r.Args...)
	}
	return r.Text
}

// why is a problem as it is stored with a copy.
func why(p *problem.Problem) string {
	raw, err := json.Marshal(map[string]any{"key": p.Key, "args": p.Args})
	if err != nil {
		return p.Key
	}
	return string(p.Code) + "\n" + string(raw)
}
