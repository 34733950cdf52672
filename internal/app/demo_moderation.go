package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
)

// demoModeration lets people flag what was said, so that the queue of the moderators holds something, and those who look after a community follow
// a thread that was answered lately.
func (a *App) demoModeration(ctx context.Context, s *community.Service, people map[string]context.Context, at *time.Time) error {
	now := a.Clock()
	all, err := s.Map(ctx)
	if err != nil {
		return err
	}
	c, found := all.BySlug("sillage")
	if !found {
		return nil
	}
	o, err := s.Sees(people["ines"], nil)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		thread, part string
		flags        [][3]string // who, why, in which words
		hours        float64     // ago
		decided      string
		follow       []string
	}{
		{"Bienvenue au Sillage", "elle qui m’a lâché", [][3]string{{"gwen", "off_topic", ""}}, 19 * 24, "kept", nil},
		{"Can I take the Lande 2 battery", "ask the shop in Tavira", [][3]string{{"odile", "spam", "On dirait une réclame pour une boutique."}, {"nadia", "spam", ""}}, 20, "", []string{"ines", "claire"}},
		{"Dimanche autour du lac", "avec la remorque", [][3]string{{"gwen", "private", "She tells everybody when nobody is at home."}}, 5, "", nil},
	} {
		post := ""
		list, err := s.Threads(people["ines"], o, community.Query{Community: c.ID})
		if err != nil {
			return err
		}
		for i := range list.Threads {
			if !strings.HasPrefix(list.Threads[i].Title, f.thread) {
				continue
			}
			for _, who := range f.follow {
				if err := s.Follow(people[who], c.ID, list.Threads[i].ID, true); err != nil {
					return fmt.Errorf("%s follows %q: %w", who, f.thread, err)
				}
			}
			leaf, err := s.Leaf(people["ines"], &list.Threads[i], 0)
			if err != nil {
				return err
			}
			posts := leaf.Posts
			for _, more := range leaf.Comments {
				posts = append(posts, more...)
			}
			for _, p := range posts {
				if strings.Contains(p.Markup, f.part) {
					post = p.ID
				}
			}
		}
		if post == "" {
			return fmt.Errorf("nothing in %q says %q", f.thread, f.part)
		}
		*at = now.Add(-time.Duration(f.hours * float64(time.Hour)))
		for _, flag := range f.flags {
			if err := s.Flag(people[flag[0]], c.ID, post, flag[1], flag[2]); err != nil {
				return fmt.Errorf("%s flags something in %q: %w", flag[0], f.thread, err)
			}
		}
		if f.decided == "" {
			continue
		}
		*at = at.Add(3 * time.Hour)
		queue, err := s.Queue(people["ines"], o, false)
		if err != nil {
			return err
		}
		for i := range queue {
			if queue[i].Post == post {
				if err := s.Decide(people["ines"], queue[i].ID, f.decided, "", ""); err != nil {
					return fmt.Errorf("decide on something in %q: %w", f.thread, err)
				}
			}
		}
	}
	*at = now
	return nil
}
