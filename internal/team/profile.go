package team

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/lang"
)

// Approval says whether somebody speaks freely.
type Approval string

// The approvals.
const (
	Free     Approval = "free"     // replies go out at once
	Beginner Approval = "beginner" // replies wait for the mentor
)

// ApprovedToSpeak is how many replies in a row a mentor approves unchanged before a beginner speaks freely.
const ApprovedToSpeak = 5

// Profile is what somebody who answers can, and when.
type Profile struct {
	Member, Name string
	Role         org.Role
	Known        bool     // somebody filled it in; else it says what holds for everybody
	Skills       []string // as written, in the order of the alphabet
	Languages    []string // ISO 639-1
	Department   string
	Calendar     hours.Calendar
	Minutes      int // offered a week; 0 when it was not said
	Absences     []Absence
	Mentor       string // member, "" for nobody
	Approval     Approval
	Approved     int  // replies approved unchanged, in a row
	Routed       bool // is given conversations by routing
	Mail         bool // is told by mail too
	Cheer        bool // is told what went well
	ChangedAt    time.Time
}

// Absence is a time of whole days at which somebody is away. Both days belong to it; why is nobody's business.
type Absence struct {
	From string `json:"from"` // 2026-12-24
	To   string `json:"to"`
}

const (
	mostSkills   = 40
	maxSkill     = 60 // characters
	mostAbsences = 40
	mostMinutes  = 7 * 24 * 60
)

// Mark changes whenever what a profile says does: give it back as what was seen.
func (p *Profile) Mark() string {
	if !p.Known {
		return "none"
	}
	h := fnv.New64a()
	raw, _ := json.Marshal([]any{p.Skills, p.Languages, p.Department, p.Calendar, p.Minutes, p.Absences, p.Mentor, p.Approval, p.Routed, p.Mail, p.Cheer}) // plain values always marshal
	h.Write(raw)
	return strconv.FormatUint(h.Sum64(), 36)
}

// Away reports whether somebody is absent at an instant, and until which day.
func (p *Profile) Away(at time.Time) (until string, away bool) {
	zone, err := time.LoadLocation(p.Calendar.Zone)
	if err != nil {
		zone = time.UTC
	}
	day := at.In(zone).Format(time.DateOnly)
	for _, a := range p.Absences {
		if a.From <= day && day <= a.To && a.To > until {
			until, away = a.To, true
		}
	}
	return until, away
}

// Here reports whether somebody is there at an instant: by their hours, and not absent.
func (p *Profile) Here(at time.Time) bool {
	if _, away := p.Away(at); away {
		return false
	}
	clock, err := p.Calendar.Clock()
	return err == nil && clock.Open(at)
}

const profileColumns = "skills, languages, department, calendar, minutes, absences, mentor, approval, approved, routed, mail, cheer, changed_at"

// All lists the profiles of those who may answer, by name.
func (s *Service) All(ctx context.Context) ([]Profile, error) {
	list, err := s.profiles.Read(ctx, s.db, "", func(ctx context.Context) ([]Profile, error) {
		members, err := s.org.Team(ctx)
		if err != nil {
			return nil, err
		}
		known, err := s.read(ctx, s.db.Read())
		if err != nil {
			return nil, err
		}
		var out []Profile
		for _, m := range members {
			if m.State == org.Active && m.Role.May(org.InboxEdit) {
				out = append(out, of(m, known))
			}
		}
		return out, nil
	})
	return slices.Clone(list), err
}

// Find returns the profile of somebody who may answer.
func (s *Service) Find(ctx context.Context, member string) (Profile, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Profile{}, err
	}
	list, err := s.All(ctx)
	if err != nil {
		return Profile{}, err
	}
	if i := slices.IndexFunc(list, func(p Profile) bool { return p.Member == member }); i >= 0 {
		return list[i], nil
	}
	return Profile{}, missing()
}

// read reads what was filled in, by member.
func (s *Service) read(ctx context.Context, q db.Q) (map[string]Profile, error) {
	type row struct {
		Profile
		calendar string
	}
	list, err := db.All(ctx, q, func(r *row) []any {
		return []any{&r.Member, db.JSON(&r.Skills), db.JSON(&r.Languages), &r.Department, &r.calendar, &r.Minutes, db.JSON(&r.Absences), &r.Mentor,
			(*string)(&r.Approval), &r.Approved, db.Bool(&r.Routed), db.Bool(&r.Mail), db.Bool(&r.Cheer), db.At(&r.ChangedAt)}
	}, "SELECT member, "+profileColumns+" FROM team_profile")
	if err != nil {
		return nil, fmt.Errorf("read profiles: %w", err)
	}
	out := make(map[string]Profile, len(list))
	for _, r := range list {
		if r.calendar != "" {
			if err := json.Unmarshal([]byte(r.calendar), &r.Calendar); err != nil {
				return nil, fmt.Errorf("read the hours of %s: %w", r.Member, err)
			}
		}
		r.Known = true
		out[r.Member] = r.Profile
	}
	return out, nil
}

// of is the profile of a member: what they said, else what holds for everybody.
func of(m *org.Member, known map[string]Profile) Profile {
	p, ok := known[m.ID]
	if !ok {
		p = Profile{Languages: []string{m.Lang}, Approval: Free, Mail: true, Cheer: true}
	}
	p.Member, p.Name, p.Role = m.ID, m.Name, m.Role
	if p.Calendar.Zone == "" {
		p.Calendar = hours.Usual(m.Zone)
		if m.Zone == "" {
			p.Calendar = hours.Usual("UTC")
		}
	}
	return p
}

// Skill is a skill as it is compared: letters without case and accents.
func Skill(s string) string { return strings.Join(strings.Fields(lang.Fold(s)), " ") }

// check puts a profile in order and says all that is wrong with it.
func (p *Profile) check() error {
	var bad []error
	refuse := func(field, key string, args ...any) {
		bad = append(bad, problem.New(problem.Invalid, key, args...).On(field))
	}
	seen := map[string]bool{}
	var skills []string
	for _, k := range p.Skills {
		k = strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(k, ""), "\x00", "")), " ")
		if f := Skill(k); f != "" && !seen[f] {
			seen[f] = true
			skills = append(skills, k)
		}
		if utf8.RuneCountInString(k) > maxSkill {
			refuse("skills", "problem.too_long", "Max", maxSkill)
		}
	}
	sorting.Func(skills, func(a, b string) int { return strings.Compare(Skill(a), Skill(b)) })
	if p.Skills = skills; len(skills) > mostSkills {
		refuse("skills", "team.too_many", "Max", mostSkills)
	}
	slices.Sort(p.Languages)
	p.Languages = slices.Compact(p.Languages)
	known := lang.Detected()
	for _, l := range p.Languages {
		if !slices.Contains(known, l) {
			refuse("languages", "team.no_language")
			break
		}
	}
	if len(p.Languages) == 0 {
		refuse("languages", "team.speaks_none")
	}
	p.Department = strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(p.Department, ""), "\x00", "")), " ")
	if utf8.RuneCountInString(p.Department) > maxSkill {
		refuse("department", "problem.too_long", "Max", maxSkill)
	}
	if p.Minutes < 0 || p.Minutes > mostMinutes {
		refuse("minutes", "team.bad_minutes")
	}
	if len(p.Absences) > mostAbsences {
		refuse("absences", "team.too_many", "Max", mostAbsences)
	}
	for _, a := range p.Absences {
		_, first := time.Parse(time.DateOnly, a.From)
		_, second := time.Parse(time.DateOnly, a.To)
		if first != nil || second != nil || a.From > a.To {
			refuse("absences", "team.bad_absence")
			break
		}
	}
	sorting.Func(p.Absences, func(a, b Absence) int { return strings.Compare(a.From+a.To, b.From+b.To) })
	if p.Approval == "" {
		p.Approval = Free
	}
	if p.Approval != Free && p.Approval != Beginner {
		refuse("approval", "problem.bad_form")
	}
	if p.Approval == Beginner && p.Mentor == "" {
		refuse("mentor", "team.mentor_needed")
	}
	if p.Mentor != "" && p.Mentor == p.Member {
		refuse("mentor", "team.mentor_self")
	}
	return errors.Join(append(bad, p.Calendar.Check())...)
}

// Save keeps the profile of p.Member: their own, or of anybody by those who assign; seen is the Mark of what the writer saw. Who mentors
// somebody and whether they speak freely is up to those who assign alone.
func (s *Service) Save(ctx context.Context, seen string, p Profile) (Profile, error) {
	if err := org.Require(ctx, org.InboxEdit); err != nil {
		return p, err
	}
	if m := org.Who(ctx); !leads(ctx) && (m == nil || m.ID != p.Member) {
		return p, problem.New(problem.Forbidden, "team.not_yours")
	}
	members, err := s.org.Team(ctx)
	if err != nil {
		return p, err
	}
	i := slices.IndexFunc(members, func(m *org.Member) bool {
		return m.ID == p.Member && m.State == org.Active && m.Role.May(org.InboxEdit)
	})
	if i < 0 {
		return p, missing()
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		known, err := s.read(ctx, q)
		if err != nil {
			return err
		}
		was := of(members[i], known)
		if seen != was.Mark() {
			return problem.New(problem.Conflict, "problem.conflict")
		}
		if !leads(ctx) {
			p.Mentor, p.Approval = was.Mentor, was.Approval
		}
		p.Approved = was.Approved
		if p.Approval != was.Approval {
			p.Approved = 0
		}
		if err := p.check(); err != nil {
			return err
		}
		if p.Mentor != was.Mentor && p.Mentor != "" && !slices.ContainsFunc(members, func(m *org.Member) bool {
			return m.ID == p.Mentor && m.State == org.Active && m.Role.May(org.InboxEdit) && known[m.ID].Approval != Beginner
		}) {
			return problem.New(problem.Invalid, "team.no_mentor").On("mentor")
		}
		p.Known, p.ChangedAt = true, s.now()
		calendar, _ := json.Marshal(p.Calendar) // plain values always marshal
		if p.Absences == nil {
			p.Absences = []Absence{}
		}
		if p.Skills == nil {
			p.Skills = []string{}
		}
		if err := db.Insert(ctx, q, "team_profile (member, "+profileColumns+")", [][]any{{p.Member, db.J(p.Skills), db.J(p.Languages), p.Department, string(calendar),
			p.Minutes, db.J(p.Absences), p.Mentor, string(p.Approval), p.Approved, db.B(p.Routed), db.B(p.Mail), db.B(p.Cheer), db.T(p.ChangedAt)}},
			`ON CONFLICT (member) DO UPDATE SET skills = excluded.skills, languages = excluded.languages, department = excluded.department,
			calendar = excluded.calendar, minutes = excluded.minutes, absences = excluded.absences, mentor = excluded.mentor,
			approval = excluded.approval, approved = excluded.approved, routed = excluded.routed, mail = excluded.mail, cheer = excluded.cheer, changed_at = excluded.changed_at`); err != nil {
			return fmt.Errorf("keep a profile: %w", err)
		}
		return s.org.Audit(ctx, q, "team.profile", "member:"+p.Member, map[string]any{"skills": p.Skills, "languages": p.Languages, "department": p.Department,
			"minutes": p.Minutes, "mentor": p.Mentor, "approval": p.Approval, "routed": p.Routed})
	})
	p.Name, p.Role = members[i].Name, members[i].Role
	return p, err
}

// Approve counts, in the transaction q, a reply of a beginner that was let out; unchanged when the mentor changed nothing in it. freed is
// whether the member speaks freely from now on.
func (s *Service) Approve(ctx context.Context, q db.Q, member string, unchanged bool) (freed bool, err error) {
	if !id.Valid(member) {
		return false, missing()
	}
	n := "0"
	if unchanged {
		n = "approved + 1"
	}
	if _, err := db.Exec(ctx, q, "UPDATE team_profile SET approved = "+n+" WHERE member = $1 AND approval = 'beginner'", member); err != nil {
		return false, fmt.Errorf("count an approval: %w", err)
	}
	count, err := db.Exec(ctx, q, "UPDATE team_profile SET approval = 'free' WHERE member = $1 AND approval = 'beginner' AND approved >= $2", member, ApprovedToSpeak)
	if err != nil || count == 0 {
		return false, err
	}
	return true, s.org.Audit(ctx, q, "team.speaks_freely", "member:"+member, map[string]int{"approved": ApprovedToSpeak})
}
