package course

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// Kind is what is done in a step.
type Kind string

// The kinds of steps.
const (
	Lesson   Kind = "lesson"   // read
	Scenario Kind = "scenario" // answer a conversation
	Quiz     Kind = "quiz"     // choose
)

// Kinds lists the kinds of steps.
func Kinds() []Kind { return []Kind{Lesson, Scenario, Quiz} }

// Content is all that a course says. Its words are Markdown where they are long.
type Content struct {
	Title   charter.Words `json:"title"`
	About   charter.Words `json:"about" required:"false"`
	Minutes int           `json:"minutes"`                 // that it takes
	Months  int           `json:"months" required:"false"` // that its certificate is valid; 0 for always
	Steps   []Step        `json:"steps" required:"false"`
}

// Step is one lesson, scenario or quiz. Its ID stays the same from version to version.
type Step struct {
	ID    string        `json:"id" required:"false"`
	Kind  Kind          `json:"kind"`
	Title charter.Words `json:"title"`
	Text  charter.Words `json:"text" required:"false"` // Markdown
	// Of a scenario.
	Said    []Said                   `json:"said,omitempty"`
	Private bool                     `json:"private,omitempty"` // the answer is read by whom it answers only
	Angry   bool                     `json:"angry,omitempty"`   // it answers a complaint
	Foreign bool                     `json:"foreign,omitempty"` // in a place that is not ours, where nobody of us has spoken
	Asks    map[charter.Check]Demand `json:"asks,omitempty"`
	Model   charter.Words            `json:"model,omitempty"` // an answer that would do, shown once the learner's own has passed
	// Of a quiz.
	Questions []Question `json:"questions,omitempty"`
	Pass      int        `json:"pass,omitempty"`  // percent of the questions
	Tries     int        `json:"tries,omitempty"` // 0 for as many as one likes
}

// Said is one post of the conversation in a scenario.
type Said struct {
	Name string        `json:"name"`
	Ours bool          `json:"ours,omitempty"`
	Text charter.Words `json:"text"`
}

// Demand is what a scenario wants of a check of the charter.
type Demand string

// The demands.
const (
	NotBroken Demand = "kept"  // nothing speaks against it
	Shown     Demand = "shown" // there are words that show it
)

// Question of a quiz; several choices are right when Many.
type Question struct {
	Text    charter.Words `json:"text"`
	Choices []Choice      `json:"choices"`
}

// Many reports whether more than one choice is right.
func (q *Question) Many() bool {
	n := 0
	for _, c := range q.Choices {
		if c.Right {
			n++
		}
	}
	return n > 1
}

// Choice is an answer that can be chosen, with what is said to whoever chose it.
type Choice struct {
	Text  charter.Words `json:"text"`
	Right bool          `json:"right,omitempty"`
	Why   charter.Words `json:"why,omitempty"`
}

// Step finds a step.
func (c *Content) Step(id string) (int, bool) {
	i := slices.IndexFunc(c.Steps, func(s Step) bool { return s.ID == id })
	return i, i >= 0
}

const (
	mostSteps     = 40
	maxTitle      = 160
	maxAbout      = 2000
	maxText       = 12_000
	mostQuestions = 20
	mostChoices   = 8
	maxChoice     = 400
	mostSaid      = 12
	maxSaid       = 3000
	mostMonths    = 60
	mostMinutes   = 600
)

var stepID = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// checks says all that is wrong, by field.
type checks struct{ list []error }

func (c *checks) refuse(field, key string, args ...any) {
	c.list = append(c.list, problem.New(problem.Invalid, key, args...).On(field))
}

// words puts a text in several languages in order.
func (c *checks) words(field string, w charter.Words, most int, needed bool) charter.Words {
	out := charter.Words{}
	for lang, t := range w {
		if !i18n.Known(lang) {
			c.refuse(field, "charter.language_unknown")
			continue
		}
		t = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(t, "\uFFFD"), "\x00", ""), "\r\n", "\n"))
		if utf8.RuneCountInString(t) > most {
			c.refuse(field+"_"+lang, "problem.too_long", "Max", most)
		}
		if t != "" {
			out[lang] = t
		}
	}
	if needed && len(out) == 0 {
		c.refuse(field+"_"+i18n.Languages()[0], "problem.required")
	}
	return out
}

func (c *checks) number(field string, n, least, most int) {
	if n < least || n > most {
		c.refuse(field, "course.out_of", "Min", least, "Max", most)
	}
}

// head puts what stands over the steps in order.
func (c *checks) head(v *Content) {
	v.Title = c.words("title", v.Title, maxTitle, true)
	v.About = c.words("about", v.About, maxAbout, false)
	c.number("minutes", v.Minutes, 1, mostMinutes)
	c.number("months", v.Months, 0, mostMonths)
}

// step puts a step in order.
func (c *checks) step(s *Step) {
	if !stepID.MatchString(s.ID) || !slices.Contains(Kinds(), s.Kind) {
		c.refuse("kind", "problem.bad_form")
		return
	}
	s.Title = c.words("title", s.Title, maxTitle, true)
	s.Text = c.words("text", s.Text, maxText, s.Kind == Lesson)
	if s.Kind != Scenario {
		s.Said, s.Asks, s.Model, s.Private, s.Angry, s.Foreign = nil, nil, nil, false, false, false
	}
	if s.Kind != Quiz {
		s.Questions, s.Pass, s.Tries = nil, 0, 0
	}
	switch s.Kind {
	case Scenario:
		if len(s.Said) == 0 {
			c.refuse("said_"+i18n.Languages()[0], "problem.required")
		}
		if len(s.Said) > mostSaid {
			c.refuse("said_"+i18n.Languages()[0], "team.too_many", "Max", mostSaid)
		}
		for i := range s.Said {
			s.Said[i].Text = c.words("said", s.Said[i].Text, maxSaid, true)
		}
		s.Model = c.words("model", s.Model, maxSaid, false)
		for k, d := range s.Asks {
			if !slices.Contains(charter.Checks(), k) || d != NotBroken && d != Shown {
				c.refuse("asks", "problem.bad_form")
			}
		}
		if len(s.Asks) == 0 {
			c.refuse("asks", "course.asks_nothing")
		}
	case Quiz:
		c.number("pass", s.Pass, 1, 100)
		c.number("tries", s.Tries, 0, 20)
		field := "questions_" + i18n.Languages()[0]
		if len(s.Questions) == 0 {
			c.refuse(field, "problem.required")
		}
		if len(s.Questions) > mostQuestions {
			c.refuse(field, "team.too_many", "Max", mostQuestions)
		}
		for i := range s.Questions {
			q := &s.Questions[i]
			q.Text = c.words("questions", q.Text, maxChoice, true)
			right := false
			for j := range q.Choices {
				q.Choices[j].Text = c.words("questions", q.Choices[j].Text, maxChoice, true)
				q.Choices[j].Why = c.words("questions", q.Choices[j].Why, maxChoice, false)
				right = right || q.Choices[j].Right
			}
			if len(q.Choices) < 2 || len(q.Choices) > mostChoices || !right {
				c.refuse(field, "course.bad_choices", "N", i+1, "Max", mostChoices)
			}
		}
	}
}

// check puts a course in order; whole is whether it must be ready for learners.
func (v *Content) check(whole bool) error {
	var c checks
	c.head(v)
	if len(v.Steps) > mostSteps {
		c.refuse("steps", "team.too_many", "Max", mostSteps)
	}
	if whole && len(v.Steps) == 0 {
		c.refuse("steps", "course.no_steps")
	}
	seen := map[string]bool{}
	for i := range v.Steps {
		s := &v.Steps[i]
		var of checks
		of.step(s)
		if seen[s.ID] {
			of.refuse("steps", "problem.bad_form")
		}
		seen[s.ID] = true
		if len(of.list) > 0 {
			c.refuse("steps", "course.step_wrong", "N", i+1, "Title", s.Title.In("en"))
		}
	}
	return errors.Join(c.list...)
}

// free is an id for a new step.
func (v *Content) free(k Kind) string {
	for n := len(v.Steps) + 1; ; n++ {
		id := fmt.Sprintf("%s-%d", k, n)
		if _, taken := v.Step(id); !taken {
			return id
		}
	}
}
