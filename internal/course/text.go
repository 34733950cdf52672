package course

import (
	"slices"
	"strings"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/problem"
)

// How questions and conversations are typed, in one language each:
//
//	? A question
//	+ a right choice | what is said to whoever chose it
//	- a wrong one | what is said to whoever chose it
//
//	> Name: what they said
//	< Name: what one of us said
//
// What follows without a mark goes on in the same text.

type line struct {
	mark byte
	text string
}

// marked takes a text apart where a line begins with one of the marks.
func marked(text, marks string) (out []line) {
	for l := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		l = strings.TrimRight(l, " \t\n")
		if l != "" && strings.IndexByte(marks, l[0]) >= 0 {
			out = append(out, line{l[0], strings.TrimSpace(l[1:])})
			continue
		}
		if len(out) == 0 {
			if strings.TrimSpace(l) != "" {
				out = append(out, line{0, l})
			}
			continue
		}
		out[len(out)-1].text += "\n" + l
	}
	for i := range out {
		out[i].text = strings.TrimSpace(out[i].text)
	}
	return out
}

// ReadQuestions reads the questions of a quiz, typed in several languages. All must ask the same, in the same order.
func ReadQuestions(typed map[string]string) ([]Question, error) {
	var out []Question
	first := ""
	for _, lang := range languages(typed) {
		wrong := func(key string, args ...any) error {
			return problem.New(problem.Invalid, key, args...).On("questions_" + lang)
		}
		var list []Question
		for _, l := range marked(typed[lang], "?+-") {
			switch {
			case l.mark == '?':
				list = append(list, Question{Text: charter.Words{lang: l.text}})
			case l.mark == 0 || len(list) == 0:
				return nil, wrong("course.bad_questions")
			default:
				text, why, _ := strings.Cut(l.text, "|")
				q := &list[len(list)-1]
				c := Choice{Text: charter.Words{lang: strings.TrimSpace(text)}, Right: l.mark == '+', Why: charter.Words{}}
				if why = strings.TrimSpace(why); why != "" {
					c.Why[lang] = why
				}
				q.Choices = append(q.Choices, c)
			}
		}
		if out == nil {
			out, first = list, lang
			continue
		}
		if len(list) != len(out) {
			return nil, wrong("course.not_the_same", "Lang", first)
		}
		for i := range list {
			if len(list[i].Choices) != len(out[i].Choices) {
				return nil, wrong("course.not_the_same", "Lang", first)
			}
			out[i].Text[lang] = list[i].Text[lang]
			for j, c := range list[i].Choices {
				if c.Right != out[i].Choices[j].Right {
					return nil, wrong("course.not_the_same", "Lang", first)
				}
				out[i].Choices[j].Text[lang] = c.Text[lang]
				if c.Why[lang] != "" {
					out[i].Choices[j].Why[lang] = c.Why[lang]
				}
			}
		}
	}
	return out, nil
}

// QuestionsText is how the questions are typed in a language.
func QuestionsText(list []Question, lang string) string {
	var b strings.Builder
	for _, q := range list {
		if q.Text[lang] == "" {
			continue
		}
		b.WriteString("? " + q.Text[lang] + "\n")
		for _, c := range q.Choices {
			mark := "- "
			if c.Right {
				mark = "+ "
			}
			b.WriteString(mark + c.Text[lang])
			if c.Why[lang] != "" {
				b.WriteString(" | " + c.Why[lang])
			}
			b.WriteString("\n")
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}

// ReadSaid reads the conversation of a scenario, typed in several languages: the same posts of the same people, in the same order.
func ReadSaid(typed map[string]string) ([]Said, error) {
	var out []Said
	first := ""
	for _, lang := range languages(typed) {
		wrong := func(key string, args ...any) error {
			return problem.New(problem.Invalid, key, args...).On("said_" + lang)
		}
		var list []Said
		for _, l := range marked(typed[lang], "><") {
			name, text, found := strings.Cut(l.text, ":")
			name = strings.TrimSpace(name)
			if l.mark == 0 || !found || name == "" || len([]rune(name)) > 80 {
				return nil, wrong("course.bad_said")
			}
			list = append(list, Said{Name: name, Ours: l.mark == '<', Text: charter.Words{lang: strings.TrimSpace(text)}})
		}
		if out == nil {
			out, first = list, lang
			continue
		}
		if len(list) != len(out) {
			return nil, wrong("course.not_the_same", "Lang", first)
		}
		for i := range list {
			if list[i].Ours != out[i].Ours {
				return nil, wrong("course.not_the_same", "Lang", first)
			}
			out[i].Text[lang] = list[i].Text[lang]
		}
	}
	return out, nil
}

// SaidText is how the conversation is typed in a language.
func SaidText(list []Said, lang string) string {
	var b strings.Builder
	for _, s := range list {
		if s.Text[lang] == "" {
			continue
		}
		mark := "> "
		if s.Ours {
			mark = "< "
		}
		b.WriteString(mark + s.Name + ": " + s.Text[lang] + "\n")
	}
	return strings.TrimSpace(b.String())
}

// languages are those in which something was typed, in the order of the alphabet.
func languages(typed map[string]string) (out []string) {
	for l, t := range typed {
		if strings.TrimSpace(t) != "" {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return out
}
