package org

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// Organisation is whose installation this is.
type Organisation struct {
	Name      string
	Lang      string   // language of mails to people whose language is unknown
	Zone      string   // time zone of calendars and days
	URL       string   // where members reach this installation; links in mails begin with it
	Addresses []string // the organisation's own sites, mailboxes and accounts, one each
	CreatedAt time.Time
}

// Location is the organisation's time zone, UTC when it is unknown here.
func (o Organisation) Location() *time.Location {
	if l, err := location(o.Zone); err == nil {
		return l
	}
	return time.UTC
}

const (
	maxName      = 120 // characters
	maxAddresses = 100
)

// Organisation reads the organisation; before set-up it is a problem of the kind Missing.
func (s *Service) Organisation(ctx context.Context) (Organisation, error) {
	o, err := s.organisations.Read(ctx, s.db, "", func(ctx context.Context) (Organisation, error) {
		o, found, err := db.One(ctx, s.db.Read(), func(o *Organisation) []any {
			return []any{&o.Name, &o.Lang, &o.Zone, &o.URL, db.JSON(&o.Addresses), db.At(&o.CreatedAt)}
		}, "SELECT name, lang, zone, url, addresses, created_at FROM organisation")
		if err == nil && !found {
			err = problem.New(problem.Missing, "org.not_set_up")
		}
		return o, err
	})
	if problem.Is(err, problem.Missing) {
		return o, err
	}
	if err != nil {
		return o, fmt.Errorf("read the organisation: %w", err)
	}
	o.URL, o.Addresses = cmp.Or(o.URL, s.url), slices.Clone(o.Addresses)
	return o, nil
}

// IsSetUp reports whether set-up is done.
func (s *Service) IsSetUp(ctx context.Context) (bool, error) {
	if s.setUp.Load() {
		return true, nil
	}
	_, found, err := db.Value[int64](ctx, s.db.Read(), "SELECT one FROM organisation")
	if err != nil {
		return false, fmt.Errorf("ask whether set-up is done: %w", err)
	}
	if found {
		s.setUp.Store(true) // it is never undone
	}
	return found, nil
}

// SetUp is what the first visitor says. Zone, URL and Addresses may be left out.
type SetUp struct {
	Organisation string
	Lang         string
	Zone         string // Europe/Paris for French, UTC otherwise, when ""
	URL          string
	OwnerName    string
	OwnerEmail   string
	Password     string
}

// SetUp makes the organisation and its first owner. It happens once: whoever comes second gets a Conflict.
func (s *Service) SetUp(ctx context.Context, u SetUp) error {
	if done, err := s.IsSetUp(ctx); err != nil {
		return err
	} else if done {
		return problem.New(problem.Conflict, "org.already_set_up")
	}
	if u.Zone == "" {
		u.Zone = "UTC"
		if u.Lang == "fr" {
			u.Zone = "Europe/Paris"
		}
	}
	o := Organisation{Name: u.Organisation, Lang: u.Lang, Zone: u.Zone, URL: u.URL}
	var errs []error
	o, err := o.checked("organisation")
	errs = append(errs, err)
	name, err := checkName(u.OwnerName, "owner_name")
	errs = append(errs, err)
	email, err := checkEmail(u.OwnerEmail, "owner_email")
	errs = append(errs, err)
	errs = append(errs, checkPassword(u.Password, u.OwnerEmail, u.OwnerName, u.Organisation))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	hash, err := s.vault.hash(ctx, u.Password)
	if err != nil {
		return err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		now := s.now()
		if err := db.Insert(ctx, q, "organisation (one, name, lang, zone, url, addresses, created_at, changed_at)",
			[][]any{{1, o.Name, o.Lang, o.Zone, o.URL, "[]", db.T(now), db.T(now)}}, ""); err != nil {
			return err
		}
		owner := s.newID()
		if err := db.Insert(ctx, q, "member (id, email, name, role, lang, zone, state, password, created_at)",
			[][]any{{owner, email, name, string(Owner), o.Lang, o.Zone, string(Active), hash, db.T(now)}}, ""); err != nil {
			return err
		}
		return s.Audit(ctx, q, "organisation.set_up", "member:"+owner, map[string]any{"name": o.Name, "owner": email})
	})
	if db.Duplicate(err) {
		return problem.New(problem.Conflict, "org.already_set_up")
	}
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	s.setUp.Store(true)
	return nil
}

// ChangeOrganisation changes name, language, zone, URL and addresses.
func (s *Service) ChangeOrganisation(ctx context.Context, o Organisation) error {
	if err := Require(ctx, OrgEdit); err != nil {
		return err
	}
	o, err := o.checked("name")
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE organisation SET name = $1, lang = $2, zone = $3, url = $4, addresses = $5, changed_at = $6",
			o.Name, o.Lang, o.Zone, o.URL, db.J(o.Addresses), db.T(s.now()))
		if err != nil {
			return fmt.Errorf("change the organisation: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Missing, "org.not_set_up")
		}
		return s.Audit(ctx, q, "organisation.change", "organisation", map[string]any{
			"name": o.Name, "lang": o.Lang, "zone": o.Zone, "url": o.URL, "addresses": o.Addresses})
	})
}

// checked returns the organisation cleaned, or everything that is wrong with it.
func (o Organisation) checked(nameField string) (Organisation, error) {
	var errs []error
	name, err := checkName(o.Name, nameField)
	errs = append(errs, err)
	o.Name = name
	errs = append(errs, checkLang(o.Lang), checkZone(o.Zone))
	o.URL = strings.TrimRight(strings.TrimSpace(o.URL), "/")
	if o.URL != "" {
		u, err := url.Parse(o.URL)
		if err != nil || len(o.URL) > 300 || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			errs = append(errs, problem.New(problem.Invalid, "org.bad_url").On("url"))
		}
	}
	var list []string
	seen := map[string]bool{}
	for _, a := range o.Addresses {
		a = strings.TrimSpace(a)
		if a == "" || seen[a] {
			continue
		}
		seen[a] = true
		if len(a) > 300 || !utf8.ValidString(a) || strings.ContainsFunc(a, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) ||
			!strings.ContainsAny(a, ".@:") {
			errs = append(errs, problem.New(problem.Invalid, "org.bad_address", "Address", clip(a, 60)).On("addresses"))
			continue
		}
		list = append(list, a)
	}
	if len(list) > maxAddresses {
		errs = append(errs, problem.New(problem.Invalid, "org.too_many_addresses", "Max", maxAddresses).On("addresses"))
	}
	o.Addresses = append([]string{}, list...)
	return o, errors.Join(errs...)
}

func checkLang(lang string) error {
	if !i18n.Known(lang) {
		return problem.New(problem.Invalid, "org.bad_lang").On("lang")
	}
	return nil
}

func checkZone(zone string) error {
	if !KnownZone(zone) {
		return problem.New(problem.Invalid, "org.bad_zone").On("zone")
	}
	return nil
}
