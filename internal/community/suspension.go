package community

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Sanctions. Who is silenced reads what they read before and says nothing; who is suspended is as somebody from outside.
const (
	Silenced  = "silence"
	Suspended = "suspend"
)

// Sanction is what a member may not do in a community for a time.
type Sanction struct {
	ID         string
	Community  string
	Member     string
	Kind       string
	Reason     string // one of Reasons
	Words      string
	By         string
	At         time.Time
	Until      time.Time // zero until somebody ends it
	EndedAt    time.Time
	Name       string // of the member
	Appealable bool
}

const sanctionColumns = "x.id, x.community, x.member, x.kind, x.reason, x.words, x.made_by, x.at, x.until_at, x.ended_at"

func sanctionFields(x *Sanction) []any {
	return []any{&x.ID, &x.Community, &x.Member, &x.Kind, &x.Reason, &x.Words, &x.By, db.At(&x.At), db.At(&x.Until), db.At(&x.EndedAt)}
}

func (x *Sanction) holds(now time.Time) bool {
	return x.EndedAt.IsZero() && (x.Until.IsZero() || x.Until.After(now))
}

// sanctionsOf reads what a member may not do, also what has run out by itself since: whether it holds is asked when it matters.
func (s *Service) sanctionsOf(ctx context.Context, q db.Q, member string) ([]Sanction, error) {
	read := func(ctx context.Context, q db.Q) ([]Sanction, error) {
		list, err := db.All(ctx, q, sanctionFields, "SELECT "+sanctionColumns+" FROM community_sanction x WHERE x.member = $1 AND x.ended_at IS NULL ORDER BY x.at", member)
		if err != nil {
			return nil, fmt.Errorf("read what somebody may not do: %w", err)
		}
		return list, nil
	}
	if q != nil {
		return read(ctx, q)
	}
	return s.bans.Read(ctx, s.db, member, func(ctx context.Context) ([]Sanction, error) { return read(ctx, s.db.Read()) })
}

// restrain takes from a sight what whoever asks may not do at present. Staff are above it.
func (o *Sight) restrain(list []Sanction, now time.Time) {
	for i := range list {
		x := &list[i]
		place, seen := o.places[x.Community]
		if !seen || !x.holds(now) {
			continue
		}
		c := &o.all.Communities[o.all.ids[x.Community]]
		place.writes = false
		if x.Kind == Suspended {
			place.in = false
		}
		o.places[x.Community] = place
		if x.Kind == Suspended && c.Audience != Everybody {
			delete(o.places, x.Community)
		}
		for j := range o.all.Spaces {
			sp := &o.all.Spaces[j]
			reach := o.spaces[sp.ID]
			if sp.Community != x.Community || reach == Nothing {
				continue
			}
			switch {
			case x.Kind == Silenced || sp.Access == OpenSpace && c.Audience == Everybody:
				reach = min(reach, Reads)
			case sp.Access == Hidden || c.Audience != Everybody:
				reach = Nothing
			default:
				reach = Knows
			}
			if reach == Nothing {
				delete(o.spaces, sp.ID)
			} else {
				o.spaces[sp.ID] = reach
			}
		}
	}
}

// Sanctioned gives what whoever acts may not do in a community at present.
func (s *Service) Sanctioned(ctx context.Context, community string) (Sanction, bool, error) {
	m := org.Who(ctx)
	if m == nil || m.Role != org.Plain {
		return Sanction{}, false, nil
	}
	list, err := s.sanctionsOf(ctx, nil, m.ID)
	if err != nil {
		return Sanction{}, false, err
	}
	out, found := Sanction{}, false
	for _, x := range list {
		if x.Community == community && x.holds(s.Now()) && (!found || x.Kind == Suspended) {
			out, found = x, true
		}
	}
	return out, found, nil
}

// restrained is the refusal of whoever may not take part in a community at present: until when, and why.
func (s *Service) restrained(ctx context.Context, community string) error {
	x, found, err := s.Sanctioned(ctx, community)
	if err != nil || !found {
		return err
	}
	return x.refusal(ctx)
}

func (x *Sanction) refusal(ctx context.Context) error {
	if x.Until.IsZero() {
		return problem.New(problem.Forbidden, restrainedKey, "Until", i18n.T(ctx, "community.moderation.no_end"), "Why", x.Words)
	}
	return problem.New(problem.Forbidden, restrainedKey, "Until", i18n.T(ctx, "community.moderation.until", "At", i18n.DateTime(ctx, x.Until)), "Why", x.Words)
}

// JoinFirst is the refusal of whoever may write nowhere they asked to: that they are kept from it for now, else that they have not joined.
func (s *Service) JoinFirst(ctx context.Context, community string) error {
	if err := s.restrained(ctx, community); err != nil {
		return err
	}
	return problem.New(problem.Forbidden, "community.post.join_first")
}

const restrainedKey = "community.moderation.restrained"

// Restrained reports whether something was refused since whoever acts is silenced or suspended.
func Restrained(err error) bool { return err != nil && problem.Of(err).Key == restrainedKey }

// Sanction silences or suspends a member, from now until then; zero is until somebody ends it.
func (s *Service) Sanction(ctx context.Context, community, member, kind, reason, words string, until time.Time) error {
	words = TextOf(words)
	switch {
	case kind != Silenced && kind != Suspended, !knownReason(reason):
		return problem.New(problem.Invalid, "problem.bad_form")
	case words == "":
		return problem.New(problem.Invalid, "problem.required").On("words")
	case utf8.RuneCountInString(words) > maxWords:
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxWords).On("words")
	case !until.IsZero() && !until.After(s.Now()):
		return problem.New(problem.Invalid, "community.moderation.past").On("days")
	}
	m, err := s.org.Find(ctx, member)
	if err != nil {
		return err
	}
	if m.Role != org.Plain {
		return problem.New(problem.Forbidden, "community.moderation.staff")
	}
	if _, found, err := s.listed(ctx, community); err != nil || !found {
		return orNotFound(err)
	}
	x := s.newID()
	return s.edit(ctx, org.CommunityModerate, "community."+kind, "member:"+member, map[string]any{"community": community, "reason": reason, "until": until}, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE community_sanction SET ended_at = $1, ended_by = $2 WHERE member = $3 AND community = $4 AND ended_at IS NULL", db.T(s.Now()), by(ctx), member, community); err != nil {
			return fmt.Errorf("end an earlier sanction: %w", err)
		}
		if err := db.Insert(ctx, q, "community_sanction (id, community, member, kind, reason, words, made_by, at, until_at)",
			[][]any{{x, community, member, kind, reason, words, by(ctx), db.T(s.Now()), db.T(until)}}, ""); err != nil {
			return fmt.Errorf("keep a sanction: %w", err)
		}
		kindOf := Silencing
		if kind == Suspended {
			kindOf = Banning
		}
		return s.word(ctx, q, Notice{Member: member, Community: community, Kind: kindOf, Subject: x, Words: words})
	})
}

// EndSanction lets a member take part again.
func (s *Service) EndSanction(ctx context.Context, community, sanction string) error {
	x, found, err := db.One(ctx, s.db.Read(), sanctionFields, "SELECT "+sanctionColumns+" FROM community_sanction x WHERE x.id = $1 AND x.community = $2", sanction, community)
	if err != nil || !found {
		return orNotFound(err)
	}
	return s.edit(ctx, org.CommunityModerate, "community.end_sanction", "member:"+x.Member, map[string]string{"community": community}, func(ctx context.Context, q db.Q) error {
		return s.endSanction(ctx, q, x, "")
	})
}

func (s *Service) endSanction(ctx context.Context, q db.Q, x Sanction, words string) error {
	n, err := db.Exec(ctx, q, "UPDATE community_sanction SET ended_at = $1, ended_by = $2 WHERE id = $3 AND ended_at IS NULL", db.T(s.Now()), by(ctx), x.ID)
	if err != nil {
		return fmt.Errorf("end a sanction: %w", err)
	}
	if n == 0 {
		return nil
	}
	return s.word(ctx, q, Notice{Member: x.Member, Community: x.Community, Kind: Ending, Subject: x.ID, Words: words})
}

// Sanctions lists what members may not do in a community at present, for those who look after it.
func (s *Service) Sanctions(ctx context.Context, community string) ([]Sanction, error) {
	if err := org.Require(ctx, org.CommunityModerate); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), func(x *Sanction) []any { return append(sanctionFields(x), &x.Name) }, "SELECT "+sanctionColumns+`, m.name FROM community_sanction x JOIN member m ON m.id = x.member
		WHERE x.community = $1 AND x.ended_at IS NULL AND (x.until_at IS NULL OR x.until_at > $2) ORDER BY x.at DESC`+db.Limit(200), community, db.T(s.Now()))
	if err != nil {
		return nil, fmt.Errorf("list sanctions: %w", err)
	}
	return list, nil
}

// listed finds a community among all, seen or not.
func (s *Service) listed(ctx context.Context, community string) (Community, bool, error) {
	all, err := s.Map(ctx)
	if err != nil {
		return Community{}, false, err
	}
	i, found := all.ids[community]
	if !found {
		return Community{}, false, nil
	}
	return all.Communities[i], true, nil
}

func orNotFound(err error) error {
	if err != nil {
		return err
	}
	return notFound()
}
