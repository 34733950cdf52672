package inbox

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/charter/check"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/lang"
)

// WithTone has sentences judged by a model before they are sent. Call it once, before the service is used.
func (s *Service) WithTone(t check.Tone) *Service {
	s.tone = t
	return s
}

// Finding is what was found of one rule, with the rule as whoever writes reads it.
type Finding struct {
	check.Finding
	Sentence, Why string
	Good          []string
}

// Line is the reason, in the language of ctx.
func (f *Finding) Line(ctx context.Context) string {
	args := slices.Clone(f.Args)
	for i, a := range args {
		if t, ok := a.(time.Time); ok {
			args[i] = i18n.Day(ctx, t)
		}
	}
	return i18n.T(ctx, f.Reason, args...)
}

// Checked is what the charter says to a text before it is sent.
type Checked struct {
	Version   int // of the charter in force; 0 for none
	Findings  []Finding
	Refused   bool   // a binding rule is broken
	Mentor    string // the reply waits for this member, or, when Waits, for whoever assigns
	Waits     bool
	Complaint bool // it answers a public complaint
	Followed  bool // there is a private follow-up
	Answered  bool // there is a public answer
	Place     Place
	Speaker   string           // name
	Barred    *problem.Problem // why they may not speak like this at all; nil when they may
}

// Check says what the charter has to say to an answer as it is; nothing is sent.
func (s *Service) Check(ctx context.Context, conversation string, in Answer) (Checked, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Checked{}, err
	}
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return Checked{}, err
	}
	w, err := s.Ways(ctx, &c, in.To)
	if err != nil {
		return Checked{}, err
	}
	return s.examine(ctx, &c, &w, in, m)
}

// examine holds an answer of a member against the charter in force.
func (s *Service) examine(ctx context.Context, c *Conversation, w *Ways, in Answer, m *org.Member) (Checked, error) {
	out := Checked{Speaker: m.Name}
	var err error
	if out.Barred, err = s.bar(ctx, m.ID, &in); err != nil {
		return out, err
	}
	p, err := s.team.Find(org.With(ctx, m), m.ID)
	if err != nil && !problem.Is(err, problem.Missing) {
		return out, err
	}
	out.Waits, out.Mentor = p.Approval == team.Beginner, p.Mentor
	if w.Channel.ID != "" {
		if out.Place, err = s.PlaceOf(ctx, w.Channel.ID); err != nil {
			return out, err
		}
	}
	i := check.Input{Text: in.Text, Private: in.Private, Speaker: check.Speaker{Name: m.Name, Shown: out.Place.Names},
		Place: check.Place{Own: out.Place.Own, ReadUntil: out.Place.ReadUntil(), Introduced: !out.Place.IntroducedAt.IsZero()}, Tone: s.tone, Now: s.now()}
	if err = s.before(ctx, c, w, m, &i); err != nil {
		return out, err
	}
	if in.Follow != "" { // both are said at once
		i.Before.Followed = true
	}
	out.Complaint, out.Followed, out.Answered = i.Before.Public && i.Before.Negative, i.Before.Followed, i.Before.Answered
	text, err := s.charter.InForce(ctx, i18n.Lang(ctx))
	if problem.Is(err, problem.Missing) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Version = text.Number
	rules := map[string]charter.Clause{}
	for _, r := range text.Rules {
		rules[r.ID] = r
	}
	for _, f := range check.Find(text.Rules, i) {
		r := rules[f.Rule]
		out.Findings = append(out.Findings, Finding{f, r.Sentence, r.Why, r.Good})
		out.Refused = out.Refused || f.Refuses()
	}
	return out, nil
}

// CheckStatement holds words that many will get, in the name of all, against the charter in force; what is not met comes first.
func (s *Service) CheckStatement(ctx context.Context, text string, private bool) ([]Finding, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	in, err := s.charter.InForce(ctx, i18n.Lang(ctx))
	if problem.Is(err, problem.Missing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	i := check.Input{Text: text, Private: private, Speaker: check.Speaker{Name: org.Who(ctx).Name, Shown: true}, Place: check.Place{Own: true, Introduced: true, Spoken: true}, Tone: s.tone, Now: s.now()}
	if i.Ours, err = s.ours(ctx); err != nil {
		return nil, err
	}
	rules := map[string]charter.Clause{}
	for _, r := range in.Rules {
		rules[r.ID] = r
	}
	var out []Finding
	for _, f := range check.Find(in.Rules, i) {
		if r := rules[f.Rule]; f.Verdict == check.NotMet {
			out = append(out, Finding{f, r.Sentence, r.Why, r.Good})
		}
	}
	return out, nil
}

// before fills in what was said before, there and in this thread.
func (s *Service) before(ctx context.Context, c *Conversation, w *Ways, m *org.Member, i *check.Input) error {
	q := s.db.Read()
	taken, err := enrich.TakenFor(ctx, q, []string{w.Post.ID})
	if err != nil {
		return err
	}
	t := taken[w.Post.ID]
	b := &i.Before
	b.Public = !w.Post.Private && !w.Post.Ours
	b.Negative = negative(&t)
	b.Buying = slices.Contains(t.Kinds, "lead")
	if b.Answered, b.Followed, err = s.bothSaid(ctx, q, w.Post.ID); err != nil {
		return err
	}
	answers, err := s.Answers(ctx, c)
	if err != nil {
		return err
	}
	for _, a := range answers {
		b.Answered = b.Answered || !a.Content.Private
		b.Followed = b.Followed || a.Content.Private
	}
	if i.Place.Spoken, i.Speaker.Here, err = spoken(ctx, q, w.Channel.ID, m.ID); err != nil {
		return err
	}
	said, err := db.All(ctx, q, db.Self[string], "SELECT text FROM post WHERE root = $1 AND ours = 1 AND member = $2 ORDER BY at DESC, id DESC"+db.Limit(20), c.Root, m.ID)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(lang.Fold(m.Name), " ")
	for _, words := range said {
		i.Speaker.Named = i.Speaker.Named || strings.Contains(lang.Fold(words), first)
	}
	i.Ours, err = s.ours(ctx)
	return err
}

// spoken says whether one of us has spoken in a channel, and whether this member has: from here, or elsewhere and heard as ours.
func spoken(ctx context.Context, q db.Q, channelID, member string) (anybody, them bool, err error) {
	has := func(and string, args ...any) (bool, error) {
		n, _, err := db.Value[int](ctx, q, "SELECT CASE WHEN EXISTS (SELECT 1 FROM outgoing WHERE channel = $1 AND state = 'sent'"+and+
			") OR EXISTS (SELECT 1 FROM post WHERE channel = $1 AND ours = 1 AND automatic = ''"+and+") THEN 1 ELSE 0 END", args...)
		return n == 1, err
	}
	if anybody, err = has("", channelID); err != nil || !anybody || member == "" {
		return anybody, false, err
	}
	them, err = has(" AND member = $2", channelID, member)
	return anybody, them, err
}

// ours are the addresses that may be given to everybody.
func (s *Service) ours(ctx context.Context) ([]string, error) {
	list, err := s.channels.List(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range list {
		a := plain(list[i].URI())
		if at := strings.LastIndexByte(a, '@'); at > 0 {
			out = append(out, a)
			if host := a[at:]; !slices.Contains([]string{"@gmail.com", "@outlook.com", "@hotmail.com", "@yahoo.com", "@orange.fr", "@free.fr"}, host) {
				out = append(out, host)
			}
		}
	}
	return out, nil
}

// broken is why an answer is refused: the first binding rule that is not kept.
func (v *Checked) broken(ctx context.Context) error {
	for i := range v.Findings {
		if f := &v.Findings[i]; f.Refuses() {
			return problem.New(problem.Invalid, "inbox.charter_broken", "Rule", f.Sentence, "Reason", f.Line(ctx)).On("text")
		}
	}
	return nil
}

// rulesBroken are the ids of the binding rules that are not kept.
func (v *Checked) rulesBroken() []string {
	var out []string
	for i := range v.Findings {
		if v.Findings[i].Refuses() {
			out = append(out, v.Findings[i].Rule)
		}
	}
	return out
}

// guard holds an answer of the member m, and its private follow-up, against the charter. What breaks a binding rule is refused, unless whoever
// sends it assigns and says so.
func (s *Service) guard(ctx context.Context, c *Conversation, w *Ways, in Answer, m, sender *org.Member) (Checked, error) {
	out, err := s.examine(ctx, c, w, in, m)
	if err != nil {
		return out, err
	}
	if in.Follow != "" {
		follow := in
		follow.Text, follow.Private, follow.Follow = in.Follow, true, ""
		more, err := s.examine(ctx, c, w, follow, m)
		if err != nil {
			return out, err
		}
		for _, f := range more.Findings {
			if f.Check != charter.PublicAndPrivate && f.Refuses() {
				out.Findings, out.Refused = append(out.Findings, f), true
			}
		}
	}
	if out.Refused && !(in.Override && sender.May(org.InboxAssign)) {
		return out, out.broken(ctx)
	}
	return out, nil
}
