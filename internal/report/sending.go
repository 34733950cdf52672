package report

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/report/letter"
)

// SendingState is how far a mail has come.
type SendingState string

// The states. Sending is kept before anything goes out; what stays in it becomes uncertain and is never repeated by itself.
const (
	Queued    SendingState = "queued"
	Sending   SendingState = "sending"
	Sent      SendingState = "sent"
	Failed    SendingState = "failed"
	Uncertain SendingState = "uncertain"
	Refused   SendingState = "refused" // the recipient had ended it
)

// Mail is one mail of a report.
type Mail struct {
	ID, Plan  string
	ForAt     time.Time // the time it was due
	Asked     bool      // by "send me one now"
	Member    string
	Address   string
	State     SendingState
	Attempts  int
	DueAt     time.Time
	Problem   string // a key, "" when all is well
	CreatedAt time.Time
	SentAt    time.Time
	secret    string
}

const (
	mailColumns  = "id, plan, for_at, asked, member, address, secret, state, attempts, due_at, problem, created_at, sent_at"
	mostAttempts = 5
	mailLease    = 3 * time.Minute
	longestMail  = 2 * time.Minute
	atATime      = 20
	// UnsubscribePath is where recipients end a report; the secret follows.
	UnsubscribePath = "/unsubscribe/"
)

func mailFields(m *Mail) []any {
	return []any{&m.ID, &m.Plan, db.At(&m.ForAt), db.Bool(&m.Asked), &m.Member, &m.Address, &m.secret, (*string)(&m.State), &m.Attempts, db.At(&m.DueAt), &m.Problem, db.At(&m.CreatedAt), db.At(&m.SentAt)}
}

// Mails lists what was sent of a report, newest first.
func (s *Service) Mails(ctx context.Context, report string) ([]Mail, error) {
	if _, err := s.Mailing(ctx, report); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), mailFields, "SELECT "+mailColumns+" FROM report_sending WHERE plan = $1 ORDER BY created_at DESC, id DESC LIMIT 100", report)
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	return list, nil
}

// SendMe queues a report to the member that acts, now.
func (s *Service) SendMe(ctx context.Context, report string) error {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return err
	}
	who := org.Who(ctx)
	switch {
	case who == nil:
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	case s.mailer == nil:
		return problem.New(problem.Conflict, "report.no_mail")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		m, err := mailingOf(ctx, q, report)
		if err != nil {
			return err
		}
		if err := s.queue(ctx, q, m, s.Now(), true, []Recipient{{Member: who.ID, Address: who.Email}}); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "report.asked", "report:"+m.ID, map[string]any{"name": m.Name})
	})
}

// SendAgain queues a mail once more that failed, or of which nobody knows whether it arrived: whoever asks takes on that it may arrive twice.
// It keeps its Message-ID, by which mail programs tell the same mail.
func (s *Service) SendAgain(ctx context.Context, report, mail string) error {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return err
	}
	if s.mailer == nil {
		return problem.New(problem.Conflict, "report.no_mail")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		p, err := mailingOf(ctx, q, report)
		if err != nil {
			return err
		}
		_, found, err := db.Value[int](ctx, q, "SELECT 1 FROM report_sending WHERE id = $1 AND plan = $2", mail, p.ID)
		if err != nil {
			return fmt.Errorf("look for a mail: %w", err)
		}
		if !found {
			return notFound()
		}
		n, err := db.Exec(ctx, q, "UPDATE report_sending SET state = 'queued', attempts = 0, due_at = $1, problem = '' WHERE id = $2 AND plan = $3 AND state IN ('uncertain', 'failed')", db.T(s.Now()), mail, p.ID)
		if err != nil {
			return fmt.Errorf("queue a mail again: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "report.mail.not_again")
		}
		return s.org.Audit(ctx, q, "report.again", "report:"+p.ID, map[string]any{"name": p.Name, "mail": mail})
	})
}

func (s *Service) queue(ctx context.Context, q db.Q, m Mailing, at time.Time, asked bool, to []Recipient) error {
	now := s.Now()
	var rows [][]any
	for _, r := range to {
		var raw [24]byte
		rand.Read(raw[:]) // never fails: see crypto/rand
		rows = append(rows, []any{s.newID(), m.ID, db.T(at), db.B(asked), r.Member, strings.ToLower(r.Address), base64.RawURLEncoding.EncodeToString(raw[:]), string(Queued), 0, db.T(now), "", db.T(now), nil})
	}
	if len(rows) == 0 {
		return nil
	}
	return db.Insert(ctx, q, "report_sending ("+mailColumns+")", rows, "ON CONFLICT (plan, for_at, address) DO NOTHING")
}

// Claim queues the mails of reports that are due, one for each recipient, and moves the reports on to their next time, in one transaction each:
// of several nodes one does it. A report that was due several times while nothing ran is sent once.
func (s *Service) Claim(ctx context.Context) (int, error) {
	now := s.Now()
	list, err := db.All(ctx, s.db.Read(), mailingFields, "SELECT "+mailingColumns+" FROM report_plan WHERE enabled = 1 AND due_at <= $1 ORDER BY due_at, id LIMIT 50", db.T(now))
	if err != nil {
		return 0, fmt.Errorf("look for reports that are due: %w", err)
	}
	n := 0
	for _, m := range list {
		next := m.Rhythm.Next(now)
		if next.IsZero() { // a zone that is no longer known
			next = now.AddDate(100, 0, 0)
		}
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			moved, err := db.Exec(ctx, q, "UPDATE report_plan SET due_at = $1 WHERE id = $2 AND due_at = $3 AND enabled = 1", db.T(next), m.ID, db.T(m.DueAt))
			if err != nil || moved == 0 {
				return err
			}
			var to []Recipient
			seen := map[string]bool{}
			for _, r := range m.Recipients {
				if r.Member != "" {
					who, err := s.org.Find(ctx, r.Member)
					if err != nil {
						return err
					}
					if who == nil || who.State != org.Active {
						continue
					}
					r.Address = who.Email
				}
				if a := strings.ToLower(r.Address); !seen[a] {
					seen[a] = true
					to = append(to, r)
				}
			}
			n += len(to)
			return s.queue(ctx, q, m, m.DueAt, false, to)
		})
		if err != nil {
			return n, fmt.Errorf("queue the report %s: %w", m.ID, err)
		}
	}
	return n, nil
}

// written is a report ready to send.
type written struct {
	doc letter.Doc
	err error
	pdf []byte
}

// SendOnce sends what is queued and due, and says how many mails it took on.
func (s *Service) SendOnce(ctx context.Context) (int, error) {
	now := s.Now()
	// Whoever sent these is gone, and nobody knows how far they came.
	if _, err := s.exec(ctx, "UPDATE report_sending SET state = 'uncertain', problem = 'report.mail.uncertain', lease_until = NULL WHERE state = 'sending' AND lease_until < $1", db.T(now)); err != nil {
		return 0, err
	}
	list, err := db.All(ctx, s.db.Read(), mailFields, "SELECT "+mailColumns+" FROM report_sending WHERE state = 'queued' AND due_at <= $1 ORDER BY due_at, id"+db.Limit(atATime), db.T(now))
	if err != nil {
		return 0, fmt.Errorf("look for mails to send: %w", err)
	}
	texts := map[string]*written{}
	n := 0
	for _, m := range list {
		// Written before it is noted as being sent: writing takes its time, and who breaks off there has sent nothing.
		money, err := s.seesMoney(ctx, m)
		if err != nil {
			return n, err
		}
		key := fmt.Sprint(m.Plan, m.ForAt, money)
		if texts[key] == nil {
			texts[key] = s.write(ctx, m.Plan, money)
		}
		took, err := s.exec(ctx, "UPDATE report_sending SET state = 'sending', attempts = attempts + 1, lease_until = $1 WHERE id = $2 AND state = 'queued'", db.T(s.Now().Add(mailLease)), m.ID)
		if err != nil {
			return n, err
		}
		if took == 0 {
			continue // another node has it, or it was taken back
		}
		n++
		if err := s.post(ctx, m, texts[key]); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *Service) exec(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err = db.Exec(ctx, q, query, args...)
		return err
	})
	if err != nil {
		err = fmt.Errorf("note how a mail fares: %w", err)
	}
	return n, err
}

// seesMoney reports whether a mail may tell amounts: a member only reads there what the pages show them. To an address outside its
// owner sends what they see themselves.
func (s *Service) seesMoney(ctx context.Context, m Mail) (bool, error) {
	if m.Member == "" {
		return true, nil
	}
	who, err := s.org.Find(ctx, m.Member)
	return who != nil && org.SeesMoney(org.With(ctx, who)), err
}

// write composes a report as its owner sees it; without money, less all amounts.
func (s *Service) write(ctx context.Context, report string, money bool) *written {
	w := &written{}
	m, err := mailingOf(org.AsOperator(ctx), s.db.Read(), report)
	if err != nil {
		w.err = err
		return w
	}
	who, err := s.org.Find(ctx, m.Owner)
	if err == nil && (who == nil || who.State != org.Active) {
		err = problem.New(problem.Conflict, "report.mail.owner_gone")
	}
	if err != nil {
		w.err = err
		return w
	}
	said := s.spoken(org.With(ctx, who), m)
	if !money {
		said = org.WithoutMoney(said)
	}
	if w.doc, w.err = s.compose(said, m); w.err != nil {
		return w
	}
	if s.printer != nil && s.printer.Able() {
		if html, err := w.doc.HTML(); err == nil {
			if w.pdf, err = s.printer.PDF(ctx, html); err != nil {
				s.log.Warn("a report goes without its PDF", "report", report, "error", err)
			}
		}
	}
	return w
}

// post sends one mail and notes how that went.
func (s *Service) post(ctx context.Context, m Mail, w *written) error {
	now := s.Now()
	end := func(state SendingState, key string, due time.Time) error {
		var sent any
		if state == Sent {
			sent = db.T(s.Now())
		}
		_, err := s.exec(context.WithoutCancel(ctx), "UPDATE report_sending SET state = $1, problem = $2, due_at = $3, lease_until = NULL, sent_at = $4 WHERE id = $5 AND state = 'sending'", string(state), key, db.T(due), sent, m.ID)
		return err
	}
	if w.err != nil {
		s.log.Warn("a report could not be written", "report", m.Plan, "error", w.err)
		key := "report.mail.not_written"
		if p := problem.Of(w.err); p.Code != problem.Internal && p.Code != "" {
			key = p.Key
		}
		return end(Failed, key, now)
	}
	if s.mailer == nil {
		return end(Failed, "report.no_mail", now)
	}
	if m.Member == "" {
		_, refused, err := db.Value[int](ctx, s.db.Read(), "SELECT 1 FROM report_refusal WHERE plan = $1 AND address = $2", m.Plan, m.Address)
		if err != nil {
			return fmt.Errorf("look whether a recipient ended a report: %w", err)
		}
		if refused {
			return end(Refused, "", now)
		}
	}
	d := w.doc
	if m.Member == "" {
		if o, err := s.org.Organisation(ctx); err == nil && o.URL != "" {
			d.Unsubscribe = strings.TrimRight(o.URL, "/") + UnsubscribePath + m.secret
			d.UnsubscribeLabel = i18n.T(i18n.With(ctx, d.Lang, nil), "report.mail.unsubscribe")
		}
	}
	html, err := d.HTML()
	if err != nil {
		return end(Failed, "report.mail.not_written", now)
	}
	limited, cancel := context.WithTimeout(ctx, longestMail)
	defer cancel()
	err = s.mailer.Post(limited, Letter{ID: m.ID, To: m.Address, Subject: d.Title + " – " + d.Brand, Text: d.Text(), HTML: string(html), PDF: w.pdf, PDFName: "report.pdf", Unsubscribe: d.Unsubscribe})
	switch {
	case err == nil:
		return end(Sent, "", now)
	case errors.Is(err, ErrNotSent) && m.Attempts+1 < mostAttempts:
		s.log.Warn("a report was not sent, will try again", "report", m.Plan, "error", err)
		return end(Queued, "report.mail.later", now.Add(time.Duration(1<<m.Attempts)*5*time.Minute))
	case errors.Is(err, ErrNotSent):
		s.log.Error("a report was not sent", "report", m.Plan, "error", err)
		return end(Failed, "report.mail.failed", now)
	}
	s.log.Error("nobody knows whether a report was sent", "report", m.Plan, "error", err)
	return end(Uncertain, "report.mail.uncertain", now)
}

// Loop sends reports when they are due, until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Second)
	defer tick.Stop()
	for {
		if s.mailer != nil {
			_, err := s.Claim(ctx)
			if err == nil {
				_, err = s.SendOnce(ctx)
			}
			if err != nil && ctx.Err() == nil {
				s.log.Error("reports were not all sent, will try again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Subscription is what a link in a mail ends.
type Subscription struct {
	Address, Report string
	Plan            string
	Ended           bool
}

// Subscribed tells what a link in a mail is about.
func (s *Service) Subscribed(ctx context.Context, secret string) (Subscription, error) {
	if len(secret) != 32 {
		return Subscription{}, notFound()
	}
	x, found, err := db.One(ctx, s.db.Read(), func(x *Subscription) []any { return []any{&x.Address, &x.Plan, &x.Report, db.Bool(&x.Ended)} },
		`SELECT m.address, m.plan, p.name, CASE WHEN EXISTS (SELECT 1 FROM report_refusal r WHERE r.plan = m.plan AND r.address = m.address) THEN 1 ELSE 0 END
		FROM report_sending m JOIN report_plan p ON p.id = m.plan WHERE m.secret = $1 AND m.member = ''`, secret)
	if err != nil {
		return x, fmt.Errorf("look for what a mail was about: %w", err)
	}
	if !found {
		return x, notFound()
	}
	return x, nil
}

// Unsubscribe ends a report for the address that a link in a mail went to. Doing it twice is as doing it once.
func (s *Service) Unsubscribe(ctx context.Context, secret string) (Subscription, error) {
	x, err := s.Subscribed(ctx, secret)
	if err != nil {
		return x, err
	}
	x.Ended = true
	return x, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return db.Insert(ctx, q, "report_refusal (plan, address, at)", [][]any{{x.Plan, x.Address, db.T(s.Now())}}, "ON CONFLICT DO NOTHING")
	})
}
