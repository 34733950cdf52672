package export

import (
	"encoding/json"
	"io"
	"time"

	"github.com/entente/entente/internal/community"
)

// lines writes community.jsonl: one thing a line, each with its kind, what is named before what names it. docs/export.md says what they hold.
func (t *teller) lines() error {
	out, err := t.z.Create("community.jsonl")
	if err != nil {
		return err
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	c := &t.scope.community
	if err := e.Encode(map[string]any{"kind": "community", "format": 1, "id": c.ID, "slug": c.Slug, "name": c.Name, "about": c.About, "welcome": c.Welcome, "langs": c.Langs, "audience": c.Audience,
		"sign_up": c.SignUp, "url": t.s.community.URL(t.ctx, *c), "made_at": t.s.clock().UTC().Format(time.RFC3339)}); err != nil {
		return err
	}
	for _, sp := range t.scope.spaces {
		if err := e.Encode(map[string]any{"kind": "space", "id": sp.ID, "slug": sp.Slug, "name": sp.Name, "about": sp.About, "access": sp.Access, "holds": sp.Holds}); err != nil {
			return err
		}
	}
	if err := t.each(func(_ *community.Space, told *community.Told) error { return t.threadLines(e, told) }); err != nil {
		return err
	}
	for _, sp := range t.scope.spaces {
		if err := t.s.community.EachArticle(t.ctx, sp.ID, func(a *community.Article, versions []community.Revision) error {
			var shown []string
			for _, v := range versions {
				for _, m := range media.FindAllStringSubmatch(v.Markup, -1) {
					shown = append(shown, m[1])
				}
			}
			if len(shown) > 0 {
				files, err := t.s.community.FilesNamed(t.ctx, c.ID, shown, t.scope.spaces)
				if err != nil {
					return err
				}
				t.attach(files)
			}
			list := make([]map[string]any, 0, len(versions))
			for _, v := range versions {
				list = append(list, map[string]any{"version": v.Version, "at": v.At, "author": v.AuthorName, "title": v.Title, "markdown": t.located(v.Markup)})
			}
			return e.Encode(brief(map[string]any{"kind": "article", "id": a.ID, "space": a.Space, "form": a.Kind, "lang": a.Lang, "title": a.Title, "author": a.AuthorName, "at": a.At,
				"approved_at": a.ApprovedAt, "approved_by": a.ApprovedBy, "translation_of": a.Original, "thread": a.Thread, "credits": a.Credits, "months": a.Months, "helped": a.Yes,
				"helped_not": a.No, "versions": list}))
		}); err != nil {
			return err
		}
	}
	if err := t.beside(e); err != nil {
		return err
	}
	return t.ends(e, out)
}

func (t *teller) ends(e *json.Encoder, _ io.Writer) error {
	for _, p := range t.names {
		if err := e.Encode(brief(map[string]any{"kind": "person", "id": p.number, "name": p.name, "since": p.since, "last": p.last, "mail": p.mail})); err != nil {
			return err
		}
	}
	for _, f := range t.order {
		if err := e.Encode(map[string]any{"kind": "file", "id": f.ID, "path": "media/" + shownAs(f), "name": f.Filename(), "type": f.Type, "size": f.Size, "sha256": f.Sum}); err != nil {
			return err
		}
	}
	return nil
}

func (t *teller) threadLines(e *json.Encoder, told *community.Told) error {
	v := map[string]any{"kind": "thread", "id": told.ID, "space": told.Space, "form": told.Kind, "title": told.Title, "tags": told.Tags, "lang": told.Lang, "at": told.At, "last_at": told.LastAt,
		"score": told.Score, "replies": told.Replies, "accepted": told.Accepted, "pinned": told.Pinned, "locked": told.Locked, "duplicate_of": told.DuplicateOf, "removed": !told.DeletedAt.IsZero()}
	if i := told.Idea; i != nil {
		v["status"], v["merged_into"] = i.Status, i.MergedInto
		var steps []map[string]any
		for _, s := range told.Steps {
			steps = append(steps, map[string]any{"at": s.At, "status": s.Status, "reason": s.Reason, "by": s.By})
		}
		v["steps"] = steps
	}
	if err := e.Encode(brief(v)); err != nil {
		return err
	}
	for i := range told.Posts {
		p := &told.Posts[i]
		if err := e.Encode(brief(map[string]any{"kind": "post", "id": p.ID, "external_id": p.ExternalID, "thread": p.Thread, "parent": p.Parent, "form": p.Kind, "author": t.author(p), "author_name": p.AuthorName,
			"at": p.At, "edited_at": p.EditedAt, "markdown": t.located(p.Markup), "score": p.Score, "ours": p.Ours, "removed": !p.DeletedAt.IsZero()})); err != nil {
			return err
		}
	}
	for _, b := range told.Votes {
		if err := e.Encode(map[string]any{"kind": "vote", "post": b.Post, "value": b.Value, "at": b.At.UTC().Format(time.DateOnly)}); err != nil {
			return err
		}
	}
	return nil
}

// brief leaves out what says nothing.
func brief(v map[string]any) map[string]any {
	for k, x := range v {
		switch x := x.(type) {
		case string:
			if x == "" {
				delete(v, k)
			}
		case bool:
			if !x {
				delete(v, k)
			}
		case time.Time:
			if x.IsZero() {
				delete(v, k)
			}
		case []string:
			if len(x) == 0 {
				delete(v, k)
			}
		}
	}
	return v
}
