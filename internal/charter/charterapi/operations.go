// Package charterapi offers over REST what charter decides.
package charterapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
)

// Version is the charter as it was, is or should be.
type Version struct {
	ID        string            `json:"id"`
	Number    int               `json:"number"`
	State     string            `json:"state" enum:"draft,coming,in_force,superseded"`
	Title     map[string]string `json:"title" doc:"By language."`
	Preamble  map[string]string `json:"preamble"`
	Rules     []Rule            `json:"rules"`
	Anew      bool              `json:"anew" doc:"Those who acknowledged an earlier version must do so again."`
	Note      string            `json:"note,omitempty" doc:"What changed, and why."`
	InForceAt *time.Time        `json:"in_force_at,omitempty"`
	Mark      string            `json:"mark" doc:"Of all it says: give it as seen when you publish it."`
	WordsMark string            `json:"words_mark" doc:"Of title, preamble and note: give it as seen when you change them."`
}

// Rule is one rule.
type Rule struct {
	ID   string `json:"id"`
	Mark string `json:"mark" doc:"Give it as seen when you change the rule."`
	RuleDraft
}

// RuleDraft is what a rule should be.
type RuleDraft struct {
	Check    string              `json:"check,omitempty" enum:"says_who,knows_place,introduced,brings_something,does_not_sell,not_aggressive,next_step,no_personal_data,public_and_private" doc:"What a program can look for; absent when only people can judge."`
	Binding  bool                `json:"binding,omitempty" doc:"Else it is advice."`
	Reach    string              `json:"reach,omitempty" enum:"public,private" doc:"Where it holds; everywhere when absent."`
	Sentence map[string]string   `json:"sentence" doc:"By language."`
	Why      map[string]string   `json:"why,omitempty"`
	Good     map[string][]string `json:"good,omitempty" doc:"Examples by language."`
	Bad      map[string][]string `json:"bad,omitempty"`
}

// Words are what is said around the rules.
type Words struct {
	Title    map[string]string `json:"title"`
	Preamble map[string]string `json:"preamble,omitempty"`
	Note     string            `json:"note,omitempty" maxLength:"2000"`
}

// Standing is where a member stands towards the charter in force.
type Standing struct {
	Member         string     `json:"member"`
	Name           string     `json:"name"`
	Speaks         bool       `json:"speaks" doc:"The role may speak for the organisation."`
	Missing        bool       `json:"missing" doc:"They speak and have not acknowledged what holds."`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
}

// ByID names a version.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func ofRule(r charter.Rule) Rule {
	return Rule{ID: r.ID, Mark: r.Mark(), RuleDraft: RuleDraft{Check: string(r.Check), Binding: r.Binding, Reach: string(r.Reach), Sentence: r.Sentence, Why: r.Why, Good: r.Good, Bad: r.Bad}}
}

func ofVersion(v charter.Version) Version {
	out := Version{ID: v.ID, Number: v.Number, State: string(v.State), Title: v.Title, Preamble: v.Preamble, Rules: []Rule{}, Anew: v.Anew, Note: v.Note, InForceAt: moment(v.InForceAt), Mark: v.Mark(), WordsMark: v.WordsMark()}
	for _, r := range v.Rules {
		out.Rules = append(out.Rules, ofRule(r))
	}
	return out
}

// Operations adds the operations.
func Operations(a *api.API, s *charter.Service) {
	op := func(id, method, path, summary string, p org.Permission) api.Op {
		o := api.Op{ID: id, Method: method, Path: path, Tag: "charter", Summary: summary, Permission: p}
		if method == http.MethodPost {
			o.Status = http.StatusCreated
		}
		return o
	}
	api.Add(a, op("read-charter", http.MethodGet, "/charter", "The charter in force", org.SignedIn), func(ctx context.Context, _ *struct{}) (*api.One[Version], error) {
		v, err := s.Current(ctx)
		if err != nil {
			return nil, err
		}
		return api.Only(ofVersion(v)), nil
	})
	api.Add(a, op("list-charter-versions", http.MethodGet, "/charter/versions", "All versions, newest first", org.SignedIn), func(ctx context.Context, _ *struct{}) (*api.List[Version], error) {
		list, err := s.Versions(ctx)
		if err != nil {
			return nil, err
		}
		out := make([]Version, len(list))
		for i, v := range list {
			out[i] = ofVersion(v)
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("begin-charter-version", http.MethodPost, "/charter/versions", "Make a draft of the last version", org.StrategyEdit), func(ctx context.Context, _ *struct{}) (*api.One[Version], error) {
		v, err := s.Begin(ctx)
		if err != nil {
			return nil, err
		}
		return api.Only(ofVersion(v)), nil
	})
	api.Add(a, op("get-charter-version", http.MethodGet, "/charter/versions/{id}", "One version", org.SignedIn), func(ctx context.Context, in *ByID) (*api.One[Version], error) {
		v, err := s.Version(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return api.Only(ofVersion(v)), nil
	})
	api.Add(a, op("reword-charter-version", http.MethodPut, "/charter/versions/{id}", "Change title, preamble and note of a draft", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Seen string `query:"seen" maxLength:"40" doc:"The words_mark you have seen. Without it, and when they read otherwise by now, the change is refused (409)."`
			Body Words
		}) (*api.One[Version], error) {
			v, err := s.Reword(ctx, in.ID, in.Seen, in.Body.Title, in.Body.Preamble, in.Body.Note)
			if err != nil {
				return nil, err
			}
			return api.Only(ofVersion(v)), nil
		})
	api.Add(a, op("discard-charter-version", http.MethodDelete, "/charter/versions/{id}", "Throw a draft away, or withdraw a version that is still to come", org.StrategyEdit), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.Discard(ctx, in.ID)
	})
	api.Add(a, op("replace-charter-rule", http.MethodPut, "/charter/versions/{id}/rules/{rule}", "Add a rule to a draft, or change it", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Rule string `path:"rule" maxLength:"40"`
			Seen string `query:"seen" maxLength:"40" doc:"The mark of the rule you have seen; absent for a new one. When it reads otherwise by now, the change is refused (409)."`
			Body RuleDraft
		}) (*api.One[Rule], error) {
			b := in.Body
			r, err := s.SetRule(ctx, in.ID, in.Seen, charter.Rule{ID: in.Rule, Check: charter.Check(b.Check), Binding: b.Binding, Reach: charter.Reach(b.Reach), Sentence: b.Sentence, Why: b.Why, Good: b.Good, Bad: b.Bad})
			if err != nil {
				return nil, err
			}
			return api.Only(ofRule(r)), nil
		})
	api.Add(a, op("delete-charter-rule", http.MethodDelete, "/charter/versions/{id}/rules/{rule}", "Take a rule out of a draft", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Rule string `path:"rule" maxLength:"40"`
		}) (*api.None, error) {
			return &api.None{}, s.RemoveRule(ctx, in.ID, in.Rule)
		})
	api.Add(a, op("publish-charter-version", http.MethodPost, "/charter/versions/{id}/publish", "Put a draft in force", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Seen string `query:"seen" maxLength:"40" doc:"The mark of the draft you have read: when it reads otherwise by now, publishing is refused (409). Absent: as it is."`
			Body struct {
				From time.Time `json:"from,omitempty" doc:"Now when absent or past."`
				Anew bool      `json:"anew,omitempty" doc:"All who speak must acknowledge it again."`
			}
		}) (*api.One[Version], error) {
			if _, err := s.Publish(ctx, in.ID, in.Seen, in.Body.From, in.Body.Anew); err != nil {
				return nil, err
			}
			v, err := s.Version(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return api.Only(ofVersion(v)), nil
		})
	api.Add(a, op("compare-charter-versions", http.MethodGet, "/charter/versions/{id}/changes/{since}", "What became of each rule since another version", org.SignedIn),
		func(ctx context.Context, in *struct {
			ByID
			Since string `path:"since" maxLength:"50"`
		}) (*api.List[Difference], error) {
			is, err := s.Version(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			was, err := s.Version(ctx, in.Since)
			if err != nil {
				return nil, err
			}
			var out []Difference
			for _, d := range charter.Compare(was, is, i18n.Lang(ctx)) {
				x := Difference{Change: string(d.Change), Moved: d.Moved, Was: d.Was.Sentence, Is: d.Is.Sentence}
				if x.Rule = d.Is.ID; x.Rule == "" {
					x.Rule = d.Was.ID
				}
				out = append(out, x)
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, op("list-charter-standings", http.MethodGet, "/charter/members", "Who acknowledged the charter in force, and who is missing", org.StrategyRead), func(ctx context.Context, _ *struct{}) (*api.List[Standing], error) {
		list, err := s.Standings(ctx)
		if err != nil {
			return nil, err
		}
		out := make([]Standing, len(list))
		for i, st := range list {
			out[i] = Standing{Member: st.Member.ID, Name: st.Member.Name, Speaks: st.Speaks, Missing: st.Missing(), AcknowledgedAt: moment(st.At)}
		}
		return api.Listed(out, ""), nil
	})
}

// Difference is what became of a rule from one version to another.
type Difference struct {
	Rule   string            `json:"rule"`
	Change string            `json:"change" enum:"kept,added,removed,changed"`
	Moved  bool              `json:"moved"`
	Was    map[string]string `json:"was,omitempty"`
	Is     map[string]string `json:"is,omitempty"`
}
