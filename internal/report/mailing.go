package report

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/report/due"
)

// Mailing is a report that is sent by mail again and again.
type Mailing struct {
	ID, Name             string
	Owner                string // member id: it is written as this member sees it
	Content              string // "dashboard:ID", OfMap or OfPack
	Lang                 string
	Rhythm               due.Rhythm
	Recipients           []Recipient
	Enabled              bool
	DueAt                time.Time // next
	CreatedAt, UpdatedAt time.Time
}

// Recipient is a member, or an address outside.
type Recipient struct {
	Member  string `json:"member,omitempty"`
	Address string `json:"address,omitempty"`
}

const (
	mailingColumns = "id, name, owner, content, lang, rhythm, recipients, enabled, due_at, created_at, updated_at"
	maxMailings    = 200
	maxRecipients  = 50
)

func mailingFields(m *Mailing) []any {
	return []any{&m.ID, &m.Name, &m.Owner, &m.Content, &m.Lang, db.JSON(&m.Rhythm), db.JSON(&m.Recipients), db.Bool(&m.Enabled), db.At(&m.DueAt), db.At(&m.CreatedAt), db.At(&m.UpdatedAt)}
}

// mayRead lets see a report: whoever made it, and the owners of the installation.
func (m Mailing) mayRead(ctx context.Context) bool {
	who := org.Who(ctx)
	return org.IsOperator(ctx) || who != nil && (m.Owner == who.ID || who.Role == org.Owner)
}

// Mailings lists the reports that whoever acts made; owners of the installation see all.
func (s *Service) Mailings(ctx context.Context) ([]Mailing, error) {
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), mailingFields, "SELECT "+mailingColumns+" FROM report_plan ORDER BY lower(name), id"+db.Limit(maxMailings))
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	return slices.DeleteFunc(list, func(m Mailing) bool { return !m.mayRead(ctx) }), nil
}

// Mailing is one of them.
func (s *Service) Mailing(ctx context.Context, report string) (Mailing, error) {
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return Mailing{}, err
	}
	return mailingOf(ctx, s.db.Read(), report)
}

func mailingOf(ctx context.Context, q db.Q, report string) (Mailing, error) {
	if !id.Valid(report) {
		return Mailing{}, notFound()
	}
	m, found, err := db.One(ctx, q, mailingFields, "SELECT "+mailingColumns+" FROM report_plan WHERE id = $1", report)
	if err != nil {
		return m, fmt.Errorf("read a report: %w", err)
	}
	if !found || !m.mayRead(ctx) {
		return Mailing{}, notFound()
	}
	return m, nil
}

// SaveMailing adds a report, or changes the one with its id. It is next sent at the first time of its rhythm from now.
func (s *Service) SaveMailing(ctx context.Context, m Mailing) (Mailing, error) {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return m, err
	}
	if err := s.checkMailing(ctx, &m); err != nil {
		return m, err
	}
	fresh := m.ID == ""
	m.UpdatedAt = s.Now()
	m.DueAt = m.Rhythm.Next(m.UpdatedAt)
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if fresh {
			n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM report_plan")
			if err != nil {
				return fmt.Errorf("count reports: %w", err)
			}
			if n >= maxMailings {
				return problem.New(problem.Conflict, "report.too_many_plans", "Max", maxMailings)
			}
			m.ID, m.CreatedAt = s.newID(), m.UpdatedAt
			if o := actor(ctx); o != "" {
				m.Owner = o
			}
			if err := db.Insert(ctx, q, "report_plan ("+mailingColumns+")", [][]any{{m.ID, m.Name, m.Owner, m.Content, m.Lang, db.J(m.Rhythm), db.J(m.Recipients), db.B(m.Enabled), db.T(m.DueAt), db.T(m.CreatedAt), db.T(m.UpdatedAt)}}, ""); err != nil {
				return err
			}
		} else {
			was, err := mailingOf(ctx, q, m.ID)
			if err != nil {
				return err
			}
			m.Owner, m.CreatedAt = was.Owner, was.CreatedAt
			if _, err := db.Exec(ctx, q, "UPDATE report_plan SET name = $1, content = $2, lang = $3, rhythm = $4, recipients = $5, enabled = $6, due_at = $7, updated_at = $8 WHERE id = $9",
				m.Name, m.Content, m.Lang, db.J(m.Rhythm), db.J(m.Recipients), db.B(m.Enabled), db.T(m.DueAt), db.T(m.UpdatedAt), m.ID); err != nil {
				return fmt.Errorf("save a report: %w", err)
			}
		}
		return s.org.Audit(ctx, q, "report.plan_saved", "report:"+m.ID, map[string]any{"name": m.Name, "content": m.Content, "recipients": len(m.Recipients), "enabled": m.Enabled})
	})
	return m, err
}

func (s *Service) checkMailing(ctx context.Context, m *Mailing) error {
	var errs []error
	var err error
	refuse := func(field, key string, args ...any) {
		errs = append(errs, problem.New(problem.Invalid, key, args...).On(field))
	}
	if m.Name, err = text(m.Name, "name", maxName); err != nil {
		errs = append(errs, err)
	} else if m.Name == "" {
		refuse("name", "problem.required")
	}
	if !i18n.Known(m.Lang) {
		refuse("lang", "report.lang_unknown")
	}
	if err := m.Rhythm.Check(); err != nil {
		errs = append(errs, err)
	}
	if board, ok := strings.CutPrefix(m.Content, "dashboard:"); ok {
		if _, err := s.Dashboard(ctx, board); err != nil {
			refuse("content", "report.content_unknown")
		}
	} else if m.Content != OfMap && m.Content != OfPack || org.Require(ctx, org.StrategyRead) != nil {
		refuse("content", "report.content_unknown")
	}
	var out []Recipient
	for _, r := range m.Recipients {
		switch {
		case r.Member != "":
			who, err := s.org.Find(ctx, r.Member)
			if err != nil {
				return err
			}
			if who == nil {
				refuse("members", "report.member_unknown")
				continue
			}
			r.Address = ""
		default:
			a, err := mail.ParseAddress(r.Address)
			if err != nil || strings.ContainsAny(a.Address, "\r\n\x00") || len(a.Address) > 254 {
				refuse("addresses", "report.address_bad", "Address", r.Address)
				continue
			}
			r = Recipient{Address: strings.ToLower(a.Address)}
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	switch {
	case len(out) == 0 && len(errs) == 0:
		refuse("members", "report.nobody")
	case len(out) > maxRecipients:
		refuse("addresses", "report.too_many_recipients", "Max", maxRecipients)
	}
	m.Recipients = out
	return errors.Join(errs...)
}

// RemoveMailing removes a report; what was sent stays listed in the audit log alone. What is queued is not sent.
func (s *Service) RemoveMailing(ctx context.Context, report string) error {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		m, err := mailingOf(ctx, q, report)
		if err != nil {
			return err
		}
		for _, stmt := range []string{"DELETE FROM report_sending WHERE plan = $1", "DELETE FROM report_refusal WHERE plan = $1", "DELETE FROM report_plan WHERE id = $1"} {
			if _, err := db.Exec(ctx, q, stmt, report); err != nil {
				return fmt.Errorf("remove a report: %w", err)
			}
		}
		return s.org.Audit(ctx, q, "report.plan_removed", "report:"+report, map[string]any{"name": m.Name})
	})
}

// Letter writes a report as it would be sent to a member, without sending it.
func (s *Service) Letter(ctx context.Context, report string) (html []byte, text string, err error) {
	m, err := s.Mailing(ctx, report)
	if err != nil {
		return nil, "", err
	}
	d, err := s.compose(s.spoken(ctx, m), m)
	if err != nil {
		return nil, "", err
	}
	html, err = d.HTML()
	return html, d.Text(), err
}

// spoken is ctx in the language and the zone of a report.
func (s *Service) spoken(ctx context.Context, m Mailing) context.Context {
	zone, err := time.LoadLocation(m.Rhythm.Zone)
	if err != nil {
		zone = time.UTC
	}
	return i18n.With(ctx, m.Lang, zone)
}
