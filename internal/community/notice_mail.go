package community

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

// Letter is one mail to a member.
type Letter struct {
	ID          string // makes its Message-ID
	Thread      string // what it belongs to: mails of one thread stand together in the mail program; "" for none
	Again       bool   // something was said in the thread before
	From        string // the name of the community
	To          string
	Subject     string
	Text, HTML  string
	Unsubscribe string // an address where the recipient ends such mails; "" where none come
	ReplyTo     string // where an answer is a post; "" where mails are not answered
	Answers     string // the id of a mail that this one answers by itself; "" for none
}

// Mailer sends one mail. An error that wraps ErrNotSent says that nothing went out; any other leaves that open.
type Mailer interface {
	Deliver(ctx context.Context, l Letter) error
}

// ErrNotSent says that a mail surely did not go out.
var ErrNotSent = errors.New("the mail did not go out")

// WithMail lets notices go out by mail; box seals the key of the links in them.
func (s *Service) WithMail(m Mailer, box *seal.Box) *Service {
	s.mailer, s.box = m, box
	return s
}

// WithKeys lets links be signed, also where no mail goes out: the key of signatures is sealed by the box.
func (s *Service) WithKeys(box *seal.Box) *Service {
	s.box = box
	return s
}

// CanMail reports whether notices go out by mail.
func (s *Service) CanMail(ctx context.Context) bool {
	may, err := s.mails(ctx)
	return may && err == nil
}

// mails reports whether notices go out by mail now: links in them need the address of the site. Where that could not be read nobody knows, and
// who asks tries again: a notice that is kept without its mail would never have one.
func (s *Service) mails(ctx context.Context) (bool, error) {
	if s.mailer == nil {
		return false, nil
	}
	o, err := s.org.Organisation(ctx)
	if problem.Is(err, problem.Missing) {
		return false, nil
	}
	return err == nil && o.URL != "", err
}

const (
	noticeMail = "notice"
	bundleMail = "bundle"
	digestMail = "digest"

	noticeWait   = time.Minute // so that what is taken back at once goes to nobody
	mostMails    = 4           // mails of one community to one member within bundleFor; the rest goes together
	bundleFor    = time.Hour
	mostInBundle = 40
	mostAttempts = 5
	mailLease    = 3 * time.Minute
	longestMail  = time.Minute
	mailsAtOnce  = 20
	mailsKept    = 400 * 24 * time.Hour // the links in them work so long
)

// queueNotice puts a notice into a mail of its own, or, when there were many lately, into one with those that follow.
func (s *Service) queueNotice(ctx context.Context, q db.Q, m *org.Member, n Notice) error {
	wish, err := wishOf(ctx, q, m.ID, n.Community)
	if err != nil || !wish.Mail {
		return err
	}
	now := s.Now()
	lately, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_mail WHERE member = $1 AND community = $2 AND created_at > $3 AND kind = 'notice' AND state <> 'dropped'",
		m.ID, n.Community, db.T(now.Add(-bundleFor)))
	if err != nil {
		return fmt.Errorf("count the mails to somebody: %w", err)
	}
	kind, due, mail := noticeMail, now.Add(noticeWait), ""
	if lately >= mostMails {
		kind, due = bundleMail, now.Add(bundleFor)
		if mail, _, err = db.Value[string](ctx, q, "SELECT id FROM community_mail WHERE member = $1 AND community = $2 AND kind = 'bundle' AND state = 'queued' AND attempts = 0"+
			" AND (SELECT COUNT(*) FROM community_notice n WHERE n.member = $1 AND n.mail = community_mail.id) < $3 ORDER BY id LIMIT 1", m.ID, n.Community, mostInBundle); err != nil {
			return fmt.Errorf("look for a mail that waits: %w", err)
		}
	}
	if mail != "" { // taken for as long as this transaction lasts, so that it does not go out without the notice
		held, err := db.Exec(ctx, q, "UPDATE community_mail SET due_at = due_at WHERE id = $1 AND state = 'queued'", mail)
		if err != nil {
			return fmt.Errorf("hold a mail back: %w", err)
		}
		if held == 0 {
			mail = ""
		}
	}
	if mail == "" {
		if mail, err = s.queueMail(ctx, q, m.ID, n.Community, kind, now, due); err != nil {
			return err
		}
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_notice SET mail = $1 WHERE id = $2", mail, n.ID); err != nil {
		return fmt.Errorf("put a notice into a mail: %w", err)
	}
	return nil
}

func (s *Service) queueMail(ctx context.Context, q db.Q, member, community, kind string, forAt, due time.Time) (string, error) {
	mail := s.newID()
	if err := db.Insert(ctx, q, "community_mail (id, member, community, kind, for_at, state, due_at, created_at)",
		[][]any{{mail, member, community, kind, db.T(forAt), "queued", db.T(due), db.T(s.Now())}}, "ON CONFLICT DO NOTHING"); err != nil {
		return "", fmt.Errorf("queue a mail: %w", err)
	}
	return mail, nil
}

// sending is a mail under way.
type sending struct {
	id, member, community, kind string
	forAt                       time.Time
	attempts                    int
}

func sendingFields(m *sending) []any {
	return []any{&m.id, &m.member, &m.community, &m.kind, db.At(&m.forAt), &m.attempts}
}

// SendOnce sends the mails that are due, and says how many it took on. That a mail is being sent is kept before anything goes out; what stays so
// becomes uncertain and is never repeated.
func (s *Service) SendOnce(ctx context.Context) (int, error) {
	if may, err := s.mails(ctx); !may {
		return 0, err
	}
	now := s.Now()
	if _, err := s.note(ctx, "UPDATE community_mail SET state = 'uncertain', lease_until = NULL WHERE state = 'sending' AND lease_until < $1", db.T(now)); err != nil {
		return 0, err
	}
	list, err := db.All(ctx, s.db.Read(), sendingFields, "SELECT id, member, community, kind, for_at, attempts FROM community_mail WHERE state = 'queued' AND due_at <= $1 ORDER BY due_at, id"+db.Limit(mailsAtOnce), db.T(now))
	if err != nil {
		return 0, fmt.Errorf("look for mails to send: %w", err)
	}
	n := 0
	for _, m := range list {
		took, err := s.note(ctx, "UPDATE community_mail SET state = 'sending', attempts = attempts + 1, lease_until = $1 WHERE id = $2 AND state = 'queued'", db.T(s.Now().Add(mailLease)), m.id)
		if err != nil {
			return n, err
		}
		if took == 0 {
			continue // another node has it
		}
		n++
		if err := s.post(ctx, m); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *Service) note(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err = db.Exec(ctx, q, query, args...)
		return err
	})
	if err != nil {
		err = fmt.Errorf("note how a mail fares: %w", err)
	}
	return n, err
}

// post sends one mail and notes how that went.
func (s *Service) post(ctx context.Context, m sending) error {
	now := s.Now()
	end := func(state, problem string, due time.Time) error {
		var sent any
		if state == "sent" {
			sent = db.T(s.Now())
		}
		_, err := s.note(context.WithoutCancel(ctx), "UPDATE community_mail SET state = $1, problem = $2, due_at = $3, lease_until = NULL, sent_at = $4 WHERE id = $5 AND state = 'sending'", state, problem, db.T(due), sent, m.id)
		return err
	}
	l, wanted, err := s.letter(ctx, m)
	switch {
	case err != nil:
		s.log.Error("a notice could not be written", "mail", m.id, "error", err)
		if m.attempts+1 < mostAttempts {
			return end("queued", "not written", now.Add(5*time.Minute))
		}
		return end("failed", "not written", now)
	case !wanted:
		return end("dropped", "", now)
	}
	limited, cancel := context.WithTimeout(ctx, longestMail)
	defer cancel()
	err = s.mailer.Deliver(limited, l)
	switch {
	case err == nil:
		return end("sent", "", now)
	case errors.Is(err, ErrNotSent) && m.attempts+1 < mostAttempts:
		s.log.Warn("a notice was not sent, will try again", "mail", m.id, "error", err)
		return end("queued", "later", now.Add(time.Duration(1<<m.attempts)*5*time.Minute))
	case errors.Is(err, ErrNotSent):
		s.log.Error("a notice was not sent", "mail", m.id, "error", err)
		return end("failed", "refused", now)
	}
	s.log.Error("nobody knows whether a notice was sent", "mail", m.id, "error", err)
	return end("uncertain", "uncertain", now)
}

// Unsure counts the mails of which nobody knows whether they arrived: the program or the line ended while the mail server took them.
func (s *Service) Unsure(ctx context.Context) (int, error) {
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM community_mail WHERE state = 'uncertain' OR state = 'sending' AND lease_until < $1", db.T(s.Now()))
	if err != nil {
		return 0, fmt.Errorf("count mails that may not have arrived: %w", err)
	}
	return n, nil
}

// confirmed reports whether a member has shown that their address is theirs: all have but those whom an owner let in without.
func (s *Service) confirmed(ctx context.Context, m *org.Member) (bool, error) {
	a, found, err := s.ledger.FindKey(ctx, "signed_up:"+m.ID)
	if err != nil || !found {
		return err == nil, err
	}
	uri := "mailto:" + m.Email
	var p ledger.Person
	var i ledger.Identity
	switch a.Kind {
	case ledger.PersonAdded:
		err = a.Decode(&p)
	default:
		err = a.Decode(&i)
		p.Identities = append(p.Identities, i)
	}
	if err != nil {
		return false, err
	}
	for _, i := range p.Identities {
		if i.URI == uri && i.Verified {
			return true, nil
		}
	}
	verified, _, err := db.Value[int](ctx, s.db.Read(), "SELECT verified FROM identity WHERE uri = $1", uri)
	return verified == 1, err
}

// letter writes a mail for its reader as things stand now; wanted is false when there is nothing (any more) to tell, or nobody to tell it.
func (s *Service) letter(ctx context.Context, m sending) (l Letter, wanted bool, err error) {
	who, err := s.org.Find(ctx, m.member)
	if problem.Is(err, problem.Missing) || err == nil && who.State != org.Active {
		return l, false, nil
	}
	if err != nil {
		return l, false, err
	}
	if ok, err := s.confirmed(ctx, who); err != nil || !ok {
		return l, false, err
	}
	wish, err := wishOf(ctx, s.db.Read(), who.ID, m.community)
	if err != nil || m.kind == digestMail && wish.Digest == Never || m.kind != digestMail && !wish.Mail {
		return l, false, err
	}
	ctx = i18n.With(org.With(ctx, who), who.Lang, who.Location())
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return l, false, err
	}
	all, err := s.Map(ctx)
	if err != nil {
		return l, false, err
	}
	i, found := all.ids[m.community]
	if !found || !all.Communities[i].ClosedAt.IsZero() {
		return l, false, nil
	}
	c := all.Communities[i]
	stop, err := s.token(ctx, stopping, m.id)
	if err != nil {
		return l, false, err
	}
	url := s.URL(ctx, c)
	if strings.HasPrefix(url, "/") {
		return l, false, errors.New("the address of the site could not be read")
	}
	l = Letter{ID: m.id, From: c.Called(who.Lang), To: who.Email, Unsubscribe: url + "/mail/" + stop}
	paper := sheet{Lang: who.Lang, Brand: l.From, Home: url, Stop: l.Unsubscribe, StopLabel: i18n.T(ctx, "community.notice.stop"),
		Settings: url + "/notices/settings", SettingsLabel: i18n.T(ctx, "community.notice.settings"), Colon: i18n.T(ctx, "community.notice.colon")}
	if m.kind == digestMail {
		wanted, err = s.digest(ctx, o, c, who, m, wish, &l, &paper)
	} else {
		wanted, err = s.news(ctx, o, c, who, m, &l, &paper)
	}
	if err != nil || !wanted {
		return l, false, err
	}
	l.Text = paper.text()
	l.HTML, err = paper.html()
	return l, err == nil, err
}

// longestExcerpt is how many characters of a post stand in a mail about it.
const longestExcerpt = 4000

// news writes the mail about one notice, or about several held back.
func (s *Service) news(ctx context.Context, o Sight, c Community, who *org.Member, m sending, l *Letter, paper *sheet) (bool, error) {
	list, err := s.noticesOf(ctx, s.db.Read(), o.Readable(c.ID), who.ID, func(w *db.Where) { w.And("n.mail = ?", m.id).And("n.read_at IS NULL") }, "n.at, n.id", mostInBundle)
	if err != nil || len(list) == 0 {
		return false, err
	}
	for i := range list {
		n := &list[i]
		line := item{Head: n.Line(ctx), Title: n.Title, Href: s.URL(ctx, c) + "/notices/" + n.ID, Label: i18n.T(ctx, "community.notice.open"), Words: n.Words}
		if n.Kind == AskedIn { // before they see the community its notices cannot be read
			line.Href = s.mainURL(ctx) + n.Subject
		}
		if len(list) > 1 {
			line.Words = strings.TrimSpace(n.Words + "\n" + n.Excerpt)
		} else if n.Title != "" && !n.Kind.personal() && n.Words == "" {
			line.Words = shortened(textOf(n.markup), longestExcerpt)
		}
		paper.Items = append(paper.Items, line)
	}
	n := &list[0]
	if !slices.ContainsFunc(list, func(n Notice) bool { return n.Kind != AskedFor }) {
		paper.StopLabel = i18n.T(ctx, "community.notice.stop_help")
	}
	if len(list) > 1 {
		l.Subject = i18n.N(ctx, "community.notice.several", len(list), "Place", l.From)
		paper.Title, paper.Why = l.Subject, i18n.T(ctx, "community.notice.why_several")
		return true, nil
	}
	paper.Title = n.Line(ctx)
	paper.Why = i18n.T(ctx, "community.notice.why."+string(n.Kind))
	l.Subject = n.Line(ctx)
	if n.Thread != "" && n.Title != "" && !n.Kind.personal() {
		l.Subject, l.Thread, l.Again = n.Title, n.Thread, n.Post != n.Thread
		if m.kind != noticeMail { // of a bundle all but this were read meanwhile: its address would not say which was meant
			return true, nil
		}
		var err error
		if l.ReplyTo, err = s.replyAddress(ctx, m.id); err != nil {
			return false, err
		}
		if l.ReplyTo != "" {
			paper.Reply = i18n.T(ctx, "community.notice.reply_by_mail")
		}
	}
	return true, nil
}

// Line says in the language of ctx what a notice is about.
func (n *Notice) Line(ctx context.Context) string {
	by := n.By
	if by == "" {
		by = i18n.T(ctx, "community.notice.somebody")
	}
	return i18n.T(ctx, "community.notice.line."+string(n.Kind), "Name", by)
}

func shortened(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// Loop tells people of what happens, until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	stop := s.ledger.Watch(func(list []ledger.Activity) {
		for i := range list {
			switch list[i].Kind {
			case ledger.PostSaid, ledger.GroupSaid, ledger.AnswerPicked, ledger.EventSet, ledger.EventJoined, ledger.IdeaJudged, ledger.ChallengeSet, ledger.MemberThanked, ledger.ArticleTurned:
				select {
				case wake <- struct{}{}:
				default:
				}
				return
			}
		}
	})
	defer stop()
	tick := time.NewTicker(20 * time.Second)
	defer tick.Stop()
	for {
		if err := s.round(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("not everybody was told, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-wake:
		}
	}
}

// round does what is to be done now.
func (s *Service) round(ctx context.Context) error {
	for {
		n, err := s.Hear(ctx)
		if err != nil {
			return err
		}
		if n < atOnce {
			break
		}
	}
	if _, err := s.QueueDigests(ctx); err != nil {
		return err
	}
	if err := s.RemindInvited(ctx); err != nil {
		return err
	}
	for {
		n, err := s.SendOnce(ctx)
		if err != nil || n < mailsAtOnce {
			return err
		}
	}
}

// ForgetNotices forgets what nobody needs any more: what was heard long ago, old notices that were read, old mails.
func (s *Service) ForgetNotices(ctx context.Context) error {
	now := s.Now()
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		for statement, before := range map[string]time.Time{
			"DELETE FROM community_heard WHERE at < $1":                              now.Add(-4 * heardFor),
			"DELETE FROM community_mail WHERE created_at < $1 AND state <> 'queued'": now.Add(-mailsKept),
			"DELETE FROM community_notice WHERE at < $1 AND read_at IS NOT NULL":     now.Add(-mailsKept),
		} {
			if _, err := db.Exec(ctx, q, statement, db.T(before)); err != nil {
				return fmt.Errorf("forget old notices: %w", err)
			}
		}
		return nil
	})
}
