package situation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Bounds of what people write.
const (
	maxName  = 200    // characters
	maxAbout = 4000   // characters
	maxNote  = 20_000 // characters
	maxSteps = 40
)

// acting is the member that acts in ctx and may do p: what is done in a situation is done by somebody.
func acting(ctx context.Context, p org.Permission) (*org.Member, error) {
	if err := org.Require(ctx, p); err != nil {
		return nil, err
	}
	m := org.Who(ctx)
	if m == nil {
		return nil, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	return m, nil
}

const changeTries = 5

// change states what decide makes of a situation as it stands, and returns it as it then stands; decide returns no kind when there is nothing
// to do. also, which may be nil, runs in the same transaction. Situations are derived, so that no row can be locked while deciding: the key of
// the new activity names the last one before it, and of two who decide at the same moment one decides again upon what the other did.
func (s *Service) change(ctx context.Context, situation string, p org.Permission, decide func(v *Situation, m *org.Member) (kind string, data any, err error),
	also func(ctx context.Context, q db.Q, v *Situation) error) (Situation, error) {
	m, err := acting(ctx, p)
	if err != nil {
		return Situation{}, err
	}
	for range changeTries {
		v, err := s.find(ctx, s.db.Read(), situation)
		if err != nil {
			return v, err
		}
		kind, data, err := decide(&v, m)
		if err != nil || kind == "" {
			return v, err
		}
		a := ledger.Activity{Kind: kind, Actor: "member:" + m.ID, Object: v.ID, At: s.Now(), Key: "situation:" + v.ID + ":" + v.last}
		if data != nil {
			a.Data = ledger.Data(data)
		}
		var stated []ledger.Activity
		err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			var err error
			if stated, err = s.ledger.AppendTx(ctx, q, a); err != nil || len(stated) == 0 {
				return err
			}
			if also != nil {
				if err := also(ctx, q, &v); err != nil {
					return err
				}
			}
			return s.org.Audit(ctx, q, kind, "situation:"+v.ID, nil)
		})
		if err != nil {
			return v, fmt.Errorf("%s: %w", kind, err)
		}
		if len(stated) == 0 { // somebody else did something first: their word is digested before ours is thought over
			other, found, err := s.ledger.FindKey(ctx, a.Key)
			if err != nil {
				return v, err
			}
			if found {
				if err := s.ledger.Await(ctx, []ledger.Activity{other}); err != nil {
					return v, err
				}
			}
			continue
		}
		s.ledger.Wake()
		if err := s.ledger.Await(ctx, stated); err != nil {
			return v, err
		}
		return s.find(ctx, s.db.Read(), v.ID)
	}
	return Situation{}, problem.New(problem.Conflict, "problem.conflict")
}

// add states something of a situation that does not depend on what others do; also, which may be nil, runs in the same transaction. once, when not "", makes that it is stated once.
func (s *Service) add(ctx context.Context, v *Situation, m *org.Member, kind, once string, also func(ctx context.Context, q db.Q) error, list ...any) error {
	facts := make([]ledger.Activity, 0, len(list))
	for i, data := range list {
		a := ledger.Activity{Kind: kind, Actor: "member:" + m.ID, Object: v.ID, At: s.Now(), Data: ledger.Data(data)}
		if once != "" {
			a.Key = fmt.Sprintf("%s:%s:%s:%d", kind, m.ID, once, i)
		}
		facts = append(facts, a)
	}
	var stated []ledger.Activity
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var err error
		if stated, err = s.ledger.AppendTx(ctx, q, facts...); err != nil || len(stated) == 0 {
			return err
		}
		if also != nil {
			if err := also(ctx, q); err != nil {
				return err
			}
		}
		return s.org.Audit(ctx, q, kind, "situation:"+v.ID, nil)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

func clean(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", ""))
}

func checked(text, field string, most int, needed bool) (string, error) {
	text = clean(text)
	switch {
	case text == "" && needed:
		return "", problem.New(problem.Invalid, "problem.required").On(field)
	case utf8.RuneCountInString(text) > most:
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", most).On(field)
	}
	return text, nil
}

// Draft is a situation as somebody opens it.
type Draft struct {
	Name, About   string
	Level         Level  // "" is Watch
	Owner         string // member, "" for nobody
	Drill         bool
	Topic         string
	Since         time.Time // when the first of it was said; zero: by the conversations
	Playbook      string    // id; "" for the one of its level, "none" for none
	Conversations []string
	Token         string // of the form or call: the same token opens once
}

// Start opens a situation.
func (s *Service) Start(ctx context.Context, d Draft) (Situation, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Situation{}, err
	}
	if d.Name, err = checked(d.Name, "name", maxName, true); err != nil {
		return Situation{}, err
	}
	if d.About, err = checked(d.About, "about", maxAbout, false); err != nil {
		return Situation{}, err
	}
	if d.Level == "" {
		d.Level = Watch
	}
	if !d.Level.known() {
		return Situation{}, problem.New(problem.Invalid, "situation.no_level").On("level")
	}
	if d.Owner, err = s.leader(ctx, d.Owner); err != nil {
		return Situation{}, err
	}
	if d.Topic, err = s.topic(ctx, d.Topic); err != nil {
		return Situation{}, err
	}
	now := s.Now()
	if d.Since.After(now) {
		return Situation{}, problem.New(problem.Invalid, "situation.since_later").On("since")
	}
	if len(d.Token) > 100 {
		return Situation{}, problem.New(problem.Invalid, "problem.bad_form").On("token")
	}
	book, err := s.bookFor(ctx, d.Playbook, d.Level)
	if err != nil {
		return Situation{}, err
	}
	a := ledger.Activity{ID: s.ids.Make(now), Kind: ledger.SituationOpened, Actor: "member:" + m.ID, At: now, Data: ledger.Data(ledger.Situation{Name: d.Name, About: d.About, Level: string(d.Level),
		Owner: d.Owner, Drill: d.Drill, Topic: d.Topic, Since: d.Since.UTC(), Playbook: book.Name, Steps: book.steps()})}
	if d.Token != "" {
		a.Key = ledger.SituationOpened + ":" + m.ID + ":" + clean(d.Token)
	}
	a.Object = a.ID
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var err error
		if stated, err = s.ledger.AppendTx(ctx, q, a); err != nil || len(stated) == 0 {
			return err
		}
		if err := s.announce(ctx, q, a.ID, &d, m); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, a.Kind, "situation:"+a.ID, nil)
	})
	if err != nil {
		return Situation{}, fmt.Errorf("open a situation: %w", err)
	}
	if len(stated) == 0 { // the same form, sent twice
		if a, _, err = s.ledger.FindKey(ctx, a.Key); err != nil {
			return Situation{}, err
		}
	} else {
		a = stated[0]
	}
	s.ledger.Wake()
	if err := s.ledger.Await(ctx, []ledger.Activity{a}); err != nil {
		return Situation{}, err
	}
	if len(d.Conversations) > 0 {
		if _, err := s.Gather(ctx, a.ID, d.Conversations); err != nil {
			return Situation{}, err
		}
	}
	return s.find(ctx, s.db.Read(), a.ID)
}

// leader checks that a member may own a situation.
func (s *Service) leader(ctx context.Context, member string) (string, error) {
	if member == "" {
		return "", nil
	}
	m, err := s.org.Find(ctx, member)
	if err != nil {
		return "", problem.Of(err).On("owner")
	}
	if m.State != org.Active || !m.Role.May(org.InboxAssign) {
		return "", problem.New(problem.Invalid, "situation.cannot_own", "Name", m.Name).On("owner")
	}
	return m.ID, nil
}

func (s *Service) topic(ctx context.Context, topic string) (string, error) {
	if topic == "" {
		return "", nil
	}
	_, found, err := db.Value[string](ctx, s.db.Read(), "SELECT id FROM topic WHERE id = $1 AND removed_at IS NULL", topic)
	if err == nil && !found {
		err = problem.New(problem.Invalid, "situation.no_topic").On("topic")
	}
	return topic, err
}

// Acknowledge says that whoever acts has taken a situation on; where nobody owns it, and they may, they own it from now on.
func (s *Service) Acknowledge(ctx context.Context, situation string) (Situation, error) {
	return s.change(ctx, situation, org.InboxEdit, func(v *Situation, m *org.Member) (string, any, error) {
		if !v.AcknowledgedAt.IsZero() || !v.Open() {
			return "", nil, nil
		}
		if v.Owner == "" && m.May(org.InboxAssign) {
			return ledger.SituationAcknowledged, ledger.Assigned{To: m.ID}, nil
		}
		return ledger.SituationAcknowledged, nil, nil
	}, nil)
}

// Turn changes what is not nil.
type Turn = ledger.SituationTurn

// Change turns a situation: its name, level, owner or topic.
func (s *Service) Change(ctx context.Context, situation string, t Turn) (Situation, error) {
	var err error
	if t.Name != nil {
		if *t.Name, err = checked(*t.Name, "name", maxName, true); err != nil {
			return Situation{}, err
		}
	}
	if t.About != nil {
		if *t.About, err = checked(*t.About, "about", maxAbout, false); err != nil {
			return Situation{}, err
		}
	}
	if t.Level != nil && !Level(*t.Level).known() {
		return Situation{}, problem.New(problem.Invalid, "situation.no_level").On("level")
	}
	if t.Owner != nil {
		if *t.Owner, err = s.leader(ctx, *t.Owner); err != nil {
			return Situation{}, err
		}
	}
	if t.Topic != nil {
		if *t.Topic, err = s.topic(ctx, *t.Topic); err != nil {
			return Situation{}, err
		}
	}
	if t.Why, err = checked(t.Why, "why", maxAbout, false); err != nil {
		return Situation{}, err
	}
	return s.change(ctx, situation, org.InboxAssign, func(v *Situation, _ *org.Member) (string, any, error) {
		u := t
		drop := func(p **string, is string) {
			if *p != nil && **p == is {
				*p = nil
			}
		}
		drop(&u.Name, v.Name)
		drop(&u.About, v.About)
		drop(&u.Level, string(v.Level))
		drop(&u.Owner, v.Owner)
		drop(&u.Topic, v.Topic)
		if u.Name == nil && u.About == nil && u.Level == nil && u.Owner == nil && u.Topic == nil {
			return "", nil, nil
		}
		return ledger.SituationTurned, u, nil
	}, func(ctx context.Context, q db.Q, v *Situation) error {
		if t.Owner == nil || *t.Owner == v.Owner {
			return nil
		}
		return s.warn(ctx, q, s.ids.Make(s.Now()), others(ctx, []string{*t.Owner}), "situation.tell.owner", v.ID, "Name", v.Name)
	})
}

// Finish ticks a step of the playbook off.
func (s *Service) Finish(ctx context.Context, situation string, step int, note string) (Situation, error) {
	note, err := checked(note, "note", maxAbout, false)
	if err != nil {
		return Situation{}, err
	}
	return s.change(ctx, situation, org.InboxEdit, func(v *Situation, _ *org.Member) (string, any, error) {
		if step < 0 || step >= len(v.Steps) {
			return "", nil, notFound()
		}
		if v.Steps[step].Done() {
			return "", nil, nil
		}
		return ledger.SituationStepped, ledger.Stepped{Step: step, Name: v.Steps[step].Name, Note: note}, nil
	}, nil)
}

// Clear gives the all-clear. What is still to go out goes out: stop it first where it should not.
func (s *Service) Clear(ctx context.Context, situation, words string) (Situation, error) {
	words, err := checked(words, "text", maxNote, false)
	if err != nil {
		return Situation{}, err
	}
	return s.change(ctx, situation, org.InboxAssign, func(v *Situation, _ *org.Member) (string, any, error) {
		if !v.Open() {
			return "", nil, nil
		}
		return ledger.SituationCleared, ledger.Noted{Text: words}, nil
	}, func(ctx context.Context, q db.Q, v *Situation) error {
		m, err := acting(ctx, org.InboxAssign)
		if err != nil {
			return err
		}
		return s.restore(ctx, q, v, m)
	})
}

// Reopen says that it is not over after all.
func (s *Service) Reopen(ctx context.Context, situation, words string) (Situation, error) {
	words, err := checked(words, "text", maxNote, false)
	if err != nil {
		return Situation{}, err
	}
	return s.change(ctx, situation, org.InboxAssign, func(v *Situation, _ *org.Member) (string, any, error) {
		if v.Open() {
			return "", nil, nil
		}
		return ledger.SituationReopened, ledger.Noted{Text: words}, nil
	}, nil)
}

// Learn keeps what people learned of a situation that is over.
func (s *Service) Learn(ctx context.Context, situation string, r ledger.Reviewed) (Situation, error) {
	var err error
	for _, f := range []struct {
		name string
		text *string
	}{{"well", &r.Well}, {"badly", &r.Badly}, {"changes", &r.Changes}} {
		if *f.text, err = checked(*f.text, f.name, maxNote, false); err != nil {
			return Situation{}, err
		}
	}
	if r == (ledger.Reviewed{}) {
		return Situation{}, problem.New(problem.Invalid, "problem.required").On("well")
	}
	return s.change(ctx, situation, org.InboxEdit, func(v *Situation, _ *org.Member) (string, any, error) {
		if v.Open() {
			return "", nil, problem.New(problem.Invalid, "situation.not_over")
		}
		if v.Review == r {
			return "", nil, nil
		}
		return ledger.SituationReviewed, r, nil
	}, nil)
}

// Note keeps words in the log of a situation. The same token notes once.
func (s *Service) Note(ctx context.Context, situation, text, token string) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	v, err := s.Find(ctx, situation)
	if err != nil {
		return err
	}
	if text, err = checked(text, "text", maxNote, true); err != nil {
		return err
	}
	return s.add(ctx, &v, m, ledger.SituationNoted, token, nil, ledger.Noted{Text: text})
}

// Tell notes who was told of a situation, and tells the members among them where Entente can. The same token tells once.
func (s *Service) Tell(ctx context.Context, situation string, t ledger.Told, token string) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	v, err := s.Find(ctx, situation)
	if err != nil {
		return err
	}
	if t.Text, err = checked(t.Text, "text", maxAbout, true); err != nil {
		return err
	}
	if t.Others, err = checked(t.Others, "others", maxName*2, false); err != nil {
		return err
	}
	slices.Sort(t.Members)
	t.Members = slices.Compact(t.Members)
	if len(t.Members) == 0 && t.Others == "" {
		return problem.New(problem.Invalid, "situation.told_nobody").On("members")
	}
	if len(t.Members) > 500 {
		return problem.New(problem.Invalid, "problem.too_long", "Max", 500).On("members")
	}
	for _, member := range t.Members {
		if _, err := s.org.Find(ctx, member); err != nil {
			return problem.Of(err).On("members")
		}
	}
	return s.add(ctx, &v, m, ledger.SituationTold, token, func(ctx context.Context, q db.Q) error {
		key := "situation.tell.told"
		if v.Drill {
			key = "situation.tell.told_drill"
		}
		return s.inbox.TellOnce(ctx, q, s.ids.Make(s.Now()), t.Members, key, []any{"Name", v.Name, "Text", t.Text}, "", Path(v.ID))
	}, t)
}
