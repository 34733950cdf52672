package community

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// ExportSpaces are the spaces of a community that whoever acts takes along: those that are listened to and that they read, and of the closed groups only
// those named. The operator, who may read the database anyway, may name any; a member those they are in.
func (s *Service) ExportSpaces(ctx context.Context, community string, groups []string) (Community, []Space, error) {
	if err := org.Require(ctx, org.ExportRun); err != nil {
		return Community{}, nil, err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return Community{}, nil, err
	}
	c, seen := o.ByID(community)
	if !seen {
		if c, seen = o.Community(community); !seen {
			return Community{}, nil, notFound()
		}
	}
	groups = slices.Clone(groups)
	var out []Space
	for _, sp := range o.Spaces(c.ID) {
		named := func(g string) bool { return g == sp.ID || g == sp.Slug }
		takes := o.May(sp.ID)
		if !sp.Listened() {
			takes = slices.ContainsFunc(groups, named) && (takes || org.IsOperator(ctx))
		}
		if takes {
			out = append(out, sp)
			groups = slices.DeleteFunc(groups, named)
		}
	}
	if len(groups) > 0 {
		return c, nil, notFound()
	}
	return c, out, nil
}

// Ballot is a vote, without who cast it.
type Ballot struct {
	Post  string
	Value int
	At    time.Time
}

// Told is a thread with all that belongs to it.
type Told struct {
	Thread
	Posts []Post // the first one first, what was taken away without its words
	Idea  *Idea  // nil for what is none
	Steps []Step
	Votes []Ballot
	Files []File
}

const (
	toldAtOnce = 200
	toldPosts  = 100_000 // of one thread
)

// EachThread goes through the threads of a space from the oldest on. Whether the space may be told is asked before, by ExportSpaces.
func (s *Service) EachThread(ctx context.Context, space string, do func(*Told) error) error {
	var last Thread
	for {
		list, err := db.All(ctx, s.db.Read(), threadFields, "SELECT "+threadColumns+" FROM community_thread t WHERE t.space = $1 AND t.merged_into = '' AND (t.at > $2 OR t.at = $2 AND t.id > $3) ORDER BY t.at, t.id"+
			db.Limit(toldAtOnce), space, fromTime(last.At), last.ID)
		if err != nil {
			return fmt.Errorf("read threads: %w", err)
		}
		for i := range list {
			if err := ctx.Err(); err != nil {
				return err
			}
			told := Told{Thread: list[i]}
			if err := s.fillTold(ctx, &told); err != nil {
				return err
			}
			if err := do(&told); err != nil {
				return err
			}
		}
		if len(list) < toldAtOnce {
			return nil
		}
		last = list[len(list)-1]
	}
}

// fromTime is a moment for SQL, before all others when there is none.
func fromTime(t time.Time) any {
	if t.IsZero() {
		return int64(-1 << 62)
	}
	return db.T(t)
}

func (s *Service) fillTold(ctx context.Context, t *Told) (err error) {
	q := s.db.Read()
	if t.Posts, err = db.All(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.thread = $1 ORDER BY CASE WHEN p.id = $1 THEN 0 ELSE 1 END, p.at, p.id"+
		db.Limit(toldPosts), t.ID); err != nil {
		return fmt.Errorf("read the posts of a thread: %w", err)
	}
	if t.Votes, err = db.All(ctx, q, func(b *Ballot) []any { return []any{&b.Post, &b.Value, db.At(&b.At)} },
		`SELECT v.post, v.value, COALESCE(a.at, p.at) FROM community_post p JOIN community_vote v ON v.post = p.id LEFT JOIN activity a ON a.id = v.last
		WHERE p.thread = $1 AND p.deleted_at IS NULL AND v.value <> 0 ORDER BY v.post, 3, v.last`, t.ID); err != nil {
		return fmt.Errorf("read the votes of a thread: %w", err)
	}
	if t.Files, err = db.All(ctx, q, fileFields, "SELECT DISTINCT "+fileColumns+` FROM community_post p JOIN community_post_file r ON r.post = p.id JOIN community_file f ON f.id = r.file
		WHERE p.thread = $1 AND p.deleted_at IS NULL ORDER BY f.id`, t.ID); err != nil {
		return fmt.Errorf("read the files of a thread: %w", err)
	}
	if t.Kind != Ideas {
		return nil
	}
	i, found, err := s.Idea(ctx, t.ID)
	if err != nil || !found {
		return err
	}
	t.Idea = &i
	t.Steps, err = s.Steps(ctx, t.ID)
	slices.Reverse(t.Steps)
	return err
}

// EachArticle goes through the articles of a space that everybody there reads, with their versions from the first on.
func (s *Service) EachArticle(ctx context.Context, space string, do func(*Article, []Revision) error) error {
	last := ""
	for {
		list, err := db.All(ctx, s.db.Read(), articleFields, "SELECT "+articleColumns+" FROM community_article a WHERE a.space = $1 AND a.approved > 0 AND a.id > $2 ORDER BY a.id"+db.Limit(toldAtOnce), space, last)
		if err != nil {
			return fmt.Errorf("read articles: %w", err)
		}
		for i := range list {
			versions, err := s.Revisions(ctx, list[i].ID)
			if err != nil {
				return err
			}
			slices.Reverse(versions)
			versions = slices.DeleteFunc(versions, func(r Revision) bool { return r.Version > list[i].Approved })
			if err := do(&list[i], versions); err != nil {
				return err
			}
			last = list[i].ID
		}
		if len(list) < toldAtOnce {
			return nil
		}
	}
}

// FilesNamed are those of some files that a community keeps and that no space but those given shows: what an article of theirs shows goes out with it, and
// nothing that is closed to its readers.
func (s *Service) FilesNamed(ctx context.Context, community string, files []string, spaces []Space) ([]File, error) {
	q := s.db.Read()
	var ids []string
	for _, sp := range spaces {
		ids = append(ids, sp.ID)
	}
	const shown = "SELECT 1 FROM community_post_file r JOIN community_post p ON p.id = r.post JOIN community_thread t ON t.id = p.thread WHERE r.file = f.id AND p.deleted_at IS NULL"
	list, err := db.All(ctx, q, fileFields, "SELECT "+fileColumns+" FROM community_file f WHERE f.community = $1 AND f.place = '' AND f.id IN "+db.Among(q, "$2")+
		" AND (EXISTS ("+shown+" AND t.space IN "+db.Among(q, "$3")+") OR NOT EXISTS ("+shown+")) ORDER BY f.id", community, db.Texts(files), db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("read the files of an article: %w", err)
	}
	return list, nil
}

// CountPosts is how many posts there are in spaces, and the highest number that a Stack Exchange dump gave one of the community's.
func (s *Service) CountPosts(ctx context.Context, channel string, spaces []Space) (posts int, highest int64, err error) {
	q := s.db.Read()
	var ids []string
	for _, sp := range spaces {
		ids = append(ids, sp.ID)
	}
	if posts, _, err = db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_thread t JOIN community_post p ON p.thread = t.id WHERE t.space IN "+db.Among(q, "$1"), db.Texts(ids)); err != nil {
		return 0, 0, fmt.Errorf("count posts: %w", err)
	}
	last := ""
	for {
		list, err := db.All(ctx, q, db.Self[string], "SELECT external_id FROM community_post WHERE channel = $1 AND external_id > $2 AND (external_id LIKE 'q%' OR external_id LIKE 'a%') ORDER BY external_id"+
			db.Limit(5000), channel, last)
		if err != nil {
			return 0, 0, fmt.Errorf("read the numbers of posts: %w", err)
		}
		for _, e := range list {
			if n, ok := Numbered(e); ok {
				highest = max(highest, n)
			}
			last = e
		}
		if len(list) < 5000 {
			return posts, highest, nil
		}
	}
}

// Originals are the threads that others in some spaces were closed for, as saying the same.
func (s *Service) Originals(ctx context.Context, spaces []Space) (map[string]bool, error) {
	q, ids := s.db.Read(), make([]string, len(spaces))
	for i := range spaces {
		ids[i] = spaces[i].ID
	}
	list, err := db.All(ctx, q, db.Self[string], "SELECT DISTINCT duplicate_of FROM community_thread WHERE duplicate_of <> '' AND kind <> 'idea' AND space IN "+db.Among(q, "$1"), db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("find what threads were closed for: %w", err)
	}
	out := make(map[string]bool, len(list))
	for _, t := range list {
		out[t] = true
	}
	return out, nil
}

// Numbered is the number that a Stack Exchange dump gave a post, by what its channel calls it.
func Numbered(external string) (int64, bool) {
	if len(external) < 2 || len(external) > 16 || external[0] != 'q' && external[0] != 'a' {
		return 0, false
	}
	var n int64
	for _, c := range []byte(external[1:]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, n > 0
}
