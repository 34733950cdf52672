package community

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/sorting"
)

// mostAnswering is how many of those with the most words in the title are read.
const mostAnswering = 60

// likely is the least score of what may answer a question: a word in the title, or most words in the text.
const likely = 1.6

// Answers finds questions that are solved and approved articles which may answer what somebody asks, those whoever asks may read, the likeliest
// first.
func (s *Service) Answers(ctx context.Context, o Sight, community, question string, most int) ([]Found, error) {
	if c, seen := o.ByID(community); !seen || !c.ClosedAt.IsZero() {
		return nil, nil
	}
	words := wordsToSeek(question)
	if len(words) == 0 {
		return nil, nil
	}
	want := wantedWords(words, " OR ")
	all, _, err := s.find(ctx, o, community, want)
	if err != nil {
		return nil, err
	}
	var answering []*hit
	for i := range all {
		if h := &all[i]; h.kind == Articles || h.state == QuestionSolved {
			answering = append(answering, h)
		}
	}
	if err := identified(ctx, s.db.Read(), answering); err != nil {
		return nil, err
	}
	for _, h := range answering {
		h.score = float64(want.look.count(h.title)) + 0.1*float64(min(h.posts, 4))
	}
	sorting.Func(answering, func(a, b *hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), b.at.Compare(a.at), cmp.Compare(b.n, a.n))
	})
	out, err := s.shown(ctx, o, community, answering[:min(len(answering), mostAnswering)], want.look)
	if err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(out, func(f Found) bool { return f.score < likely })
	sorting.Stable(out, func(a, b Found) int { return cmp.Or(cmp.Compare(b.score, a.score), b.At.Compare(a.At)) })
	if len(out) == 0 {
		return nil, s.missed(ctx, community, words)
	}
	return out[:min(len(out), most)], nil
}

// Solution is the question and the answer that solved it, for who may read it.
func (s *Service) Solution(ctx context.Context, o Sight, community, thread string) (Thread, Post, Post, error) {
	t, err := s.Thread(ctx, o, community, thread)
	if err != nil {
		return t, Post{}, Post{}, err
	}
	if t.Accepted == "" {
		return t, Post{}, Post{}, notFound()
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.thread = $1 AND (p.id = $1 OR p.accepted = 1) AND p.deleted_at IS NULL", t.ID)
	if err != nil {
		return t, Post{}, Post{}, fmt.Errorf("read a solution: %w", err)
	}
	var asked, solved Post
	for _, p := range list {
		if p.ID == t.ID {
			asked = p
		} else {
			solved = p
		}
	}
	if solved.ID == "" {
		return t, asked, solved, notFound()
	}
	return t, asked, solved, nil
}

// Ref is the id of the thread or article that was found, "" for a person.
func (f *Found) Ref() string {
	parts := strings.Split(f.Path, "/")
	if len(parts) < 3 || f.Kind == People {
		return ""
	}
	return parts[2]
}
