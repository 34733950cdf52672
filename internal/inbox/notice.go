package inbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// Notice is something a member was told.
type Notice struct {
	ID, Key      string
	Args         []any // name, value, name, value …; numbers are float64
	Conversation string
	Href         string // where to go, "" for the conversation
	About        string // what the conversation is called, "" when it is about none or the line says it
	At, ReadAt   time.Time
}

// Line is what it says, in the language of ctx.
func (n *Notice) Line(ctx context.Context) string { return line(ctx, n.Key, n.Args) }

// line is a sentence whose form depends on Count when there is one among its args; what was kept as JSON knows no whole numbers.
func line(ctx context.Context, key string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != "Count" {
			continue
		}
		switch n := args[i+1].(type) {
		case int:
			return i18n.N(ctx, key, n, slices.Delete(slices.Clone(args), i, i+2)...)
		case float64:
			return i18n.N(ctx, key, int(n), slices.Delete(slices.Clone(args), i, i+2)...)
		}
	}
	return i18n.T(ctx, key, args...)
}

// Path is the page it leads to, "" for none.
func (n *Notice) Path() string {
	switch {
	case n.Href != "":
		return n.Href
	case n.Conversation != "":
		return "/inbox/" + n.Conversation
	}
	return ""
}

const (
	noticeFor     = 90 * 24 * time.Hour // then it is forgotten
	mailAfter     = 3 * time.Minute     // who is here reads it on the page
	mailLease     = 5 * time.Minute
	mailTries     = 24 * time.Hour // how long a mail server that is down is asked again
	mostInMail    = 40
	mostNotices   = 200
	mailBatch     = 50
	everyNotices  = time.Second
	mostTellTries = 20
)

// Tell tells members, in the transaction q, the sentence key with args, about a conversation or about none. As long as somebody has not read
// what they were told in these words about this conversation, they are not told again: what they were told says the newest.
func (s *Service) Tell(ctx context.Context, q db.Q, members []string, key string, args []any, conversation string) error {
	return s.tell(ctx, q, members, Notice{Key: key, Args: args, Conversation: conversation}, "")
}

// TellOnce is Tell of what leads to the page href; each member is told once for each token, whatever they read.
func (s *Service) TellOnce(ctx context.Context, q db.Q, token string, members []string, key string, args []any, conversation, href string) error {
	return s.tell(ctx, q, members, Notice{Key: key, Args: args, Conversation: conversation, Href: href}, token)
}

func (s *Service) tell(ctx context.Context, q db.Q, members []string, n Notice, once string) error {
	args, err := json.Marshal(append([]any{}, n.Args...))
	if err != nil {
		return fmt.Errorf("tell %s: %w", n.Key, err)
	}
	mail := ""
	if s.mailer != nil {
		mail = "due"
	}
	now := db.T(s.now())
	var rows [][]any
	members = slices.Compact(slices.Sorted(slices.Values(members)))
	for _, m := range members {
		if !id.Valid(m) {
			continue
		}
		if once == "" {
			renewed, err := db.Exec(ctx, q, "UPDATE inbox_notice SET args = $1, at = CASE mail WHEN 'due' THEN at ELSE $2 END WHERE member = $3 AND words = $4 AND conversation = $5 AND once = '' AND read_at IS NULL",
				string(args), now, m, n.Key, n.Conversation)
			if err != nil {
				return fmt.Errorf("tell a member: %w", err)
			}
			if renewed > 0 {
				continue
			}
		}
		rows = append(rows, []any{s.maker.Make(s.now()), m, n.Key, string(args), n.Conversation, n.Href, once, now, mail})
	}
	if err := db.Insert(ctx, q, "inbox_notice (id, member, words, args, conversation, href, once, at, mail)", rows, "ON CONFLICT DO NOTHING"); err != nil {
		return fmt.Errorf("tell members: %w", err)
	}
	select {
	case s.told <- struct{}{}:
	default:
	}
	return nil
}

// SocialTeam are the ids of those who assign: whom the inbox turns to when somebody has to decide.
func (s *Service) SocialTeam(ctx context.Context) ([]string, error) {
	list, err := s.org.Team(ctx)
	if err != nil {
		return nil, err
	}
	var social, all []string
	for _, m := range list {
		if m.State == org.Active && m.Role.May(org.InboxAssign) {
			all = append(all, m.ID)
			if m.Role == org.Social {
				social = append(social, m.ID)
			}
		}
	}
	if len(social) > 0 {
		return social, nil
	}
	return all, nil
}

const noticeColumns = "id, words, args, conversation, href, at, read_at"

func noticeFields(n *Notice) []any {
	return []any{&n.ID, &n.Key, db.JSON(&n.Args), &n.Conversation, &n.Href, db.At(&n.At), db.At(&n.ReadAt)}
}

// Notices lists what whoever acts was told, the newest first.
func (s *Service) Notices(ctx context.Context, limit int) ([]Notice, error) {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), noticeFields, "SELECT "+noticeColumns+" FROM inbox_notice WHERE member = $1 ORDER BY at DESC, id DESC"+db.Limit(min(max(limit, 1), mostNotices)), m.ID)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].Conversation
	}
	about, err := db.All(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM conversation WHERE id IN "+db.Among(s.db.Read(), "$1"), db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("read what notices are about: %w", err)
	}
	names := make(map[string]string, len(about))
	for i := range about {
		names[about[i].ID] = titleOf(&about[i])
	}
	for i := range list {
		if name := names[list[i].Conversation]; !strings.Contains(list[i].Line(ctx), name) {
			list[i].About = name
		}
	}
	return list, nil
}

// Untold is how much whoever acts has not read, for the navigation; 0 when it cannot be read.
func (s *Service) Untold(ctx context.Context) int {
	m := org.Who(ctx)
	if m == nil {
		return 0
	}
	counts, err := s.unread.Read(ctx, s.db, "", func(ctx context.Context) (map[string]int, error) {
		type row struct {
			member string
			n      int
		}
		list, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.member, &r.n} },
			"SELECT member, COUNT(*) FROM inbox_notice WHERE read_at IS NULL GROUP BY member")
		out := make(map[string]int, len(list))
		for _, r := range list {
			out[r.member] = r.n
		}
		return out, err
	})
	if err != nil {
		return 0
	}
	return counts[m.ID]
}

// ReadNotice notes that whoever acts has read one of their notices, and returns it.
func (s *Service) ReadNotice(ctx context.Context, notice string) (Notice, error) {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return Notice{}, err
	}
	if !id.Valid(notice) {
		return Notice{}, missing()
	}
	n, found, err := db.One(ctx, s.db.Read(), noticeFields, "SELECT "+noticeColumns+" FROM inbox_notice WHERE id = $1 AND member = $2", notice, m.ID)
	if err != nil || !found {
		if err == nil {
			err = missing()
		}
		return n, err
	}
	return n, s.read(ctx, "id = $2", m.ID, notice)
}

// ReadNotices notes that whoever acts has read all of them.
func (s *Service) ReadNotices(ctx context.Context) error {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return err
	}
	return s.read(ctx, "at <= $2", m.ID, db.T(s.now()))
}

func (s *Service) read(ctx context.Context, which string, args ...any) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE inbox_notice SET read_at = $3 WHERE member = $1 AND read_at IS NULL AND "+which, append(args, db.T(s.now()))...)
		return err
	})
	if err != nil {
		return fmt.Errorf("note what was read: %w", err)
	}
	return nil
}

// WithMail makes notices that are not read within minutes go out by mail; address is where the pages are.
func (s *Service) WithMail(m org.Mailer, address string) *Service {
	s.mailer, s.address = m, strings.TrimSuffix(address, "/")
	return s
}

// NoticeLoop calls announce whenever somebody was told something, and sends the mails that are due, until ctx ends.
func (s *Service) NoticeLoop(ctx context.Context, announce func()) error {
	tick := time.NewTicker(20 * time.Second)
	defer tick.Stop()
	newest := func() string {
		n, _, err := db.Value[string](ctx, s.db.Read(), "SELECT COALESCE(CAST(MAX(at) AS TEXT), '') FROM inbox_notice")
		if err != nil {
			return ""
		}
		return n
	}
	last := newest()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.told: // within a transaction: what is told is seen when that is through
			for range mostTellTries {
				if newest() != last {
					break
				}
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(everyNotices / 10):
				}
			}
		case <-tick.C:
			if err := s.MailNotices(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("notices were not sent by mail, will try again", "error", err)
			}
		}
		if n := newest(); n != last {
			last = n
			announce()
		}
	}
}

// MailNotices sends what was told and not read, all that is for one member in one mail. What a mail server may have taken is not sent again.
func (s *Service) MailNotices(ctx context.Context) error {
	if s.mailer == nil {
		return nil
	}
	now := s.now()
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		for _, statement := range []string{
			"UPDATE inbox_notice SET mail = '' WHERE mail = 'due' AND read_at IS NOT NULL",
			"UPDATE inbox_notice SET mail = 'uncertain' WHERE mail = 'sending' AND lease_until < $1",
		} {
			var args []any
			if strings.Contains(statement, "$1") {
				args = []any{db.T(now)}
			}
			if _, err := db.Exec(ctx, q, statement, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look what is to be mailed: %w", err)
	}
	members, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT DISTINCT member FROM inbox_notice WHERE mail = 'due' AND at <= $1 AND (lease_until IS NULL OR lease_until <= $2) ORDER BY member"+db.Limit(mailBatch),
		db.T(now.Add(-mailAfter)), db.T(now))
	if err != nil {
		return fmt.Errorf("look whom to mail: %w", err)
	}
	for _, member := range members {
		if err := s.mailTo(ctx, member); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) mailTo(ctx context.Context, member string) error {
	m, err := s.org.Find(ctx, member)
	if err != nil && !problem.Is(err, problem.Missing) {
		return err
	}
	wanted := err == nil && m.State == org.Active
	if wanted {
		p, err := s.team.Find(org.AsOperator(ctx), member)
		if err != nil && !problem.Is(err, problem.Missing) {
			return err
		}
		wanted = err == nil && p.Mail
	}
	var list []Notice
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		state := "''"
		if wanted {
			state = "'sending'"
		}
		var err error
		list, err = db.All(ctx, q, noticeFields, "UPDATE inbox_notice SET mail = "+state+", lease_until = $2 WHERE mail = 'due' AND id IN (SELECT id FROM inbox_notice WHERE member = $1 AND mail = 'due' ORDER BY at, id"+
			db.Limit(mostInMail)+") RETURNING "+noticeColumns, member, db.T(s.now().Add(mailLease))) // what another node took meanwhile is not given
		return err
	})
	sorting.Func(list, func(a, b Notice) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) })
	if err != nil || !wanted || len(list) == 0 {
		return err
	}
	ctx2 := i18n.With(ctx, m.Lang, m.Location())
	var text strings.Builder
	ids := make([]string, len(list))
	for i := range list {
		n := &list[i]
		ids[i] = n.ID
		text.WriteString("• " + n.Line(ctx2) + "\n")
		if p := n.Path(); p != "" {
			text.WriteString("  " + s.address + p + "\n")
		}
	}
	text.WriteString("\n" + i18n.T(ctx2, "routing.mail.foot", "Address", s.address+"/team/"+member) + "\n")
	subject := list[0].Line(ctx2)
	if len(list) > 1 {
		subject = i18n.N(ctx2, "routing.mail.several", len(list))
	}
	state, err := "sent", s.mailer.Send(ctx, m.Email, subject, text.String())
	switch {
	case errors.Is(err, org.ErrNotSent) && s.now().Sub(list[0].At) < mailTries: // surely nothing went out: it is tried again when the lease is over
		state = "due"
		s.log.Warn("a notice could not be sent, will try again", "member", member, "error", err)
	case err != nil: // it may have arrived, and nobody is told twice
		state = "uncertain"
		s.log.Warn("a notice may not have arrived", "member", member, "error", err)
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE inbox_notice SET mail = $1 WHERE mail = 'sending' AND id IN "+db.Among(q, "$2"), state, db.Texts(ids))
		return err
	})
	if err != nil {
		return fmt.Errorf("note what was mailed: %w", err)
	}
	return nil
}

// ForgetNotices forgets what was told long ago.
func (s *Service) ForgetNotices(ctx context.Context) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "DELETE FROM inbox_notice WHERE at < $1", db.T(s.now().Add(-noticeFor)))
		return err
	})
	if err != nil {
		return fmt.Errorf("forget old notices: %w", err)
	}
	return nil
}
