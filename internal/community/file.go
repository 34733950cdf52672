package community

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/community/picture"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// File is a picture or a file that somebody brought to a community.
type File struct {
	ID            string
	Community     string
	Member        string // who brought it
	Place         string // where the community itself shows it: Logo or Cover; "" for posts
	Name          string // what it is called, without an extension
	Type          string
	Width, Height int // pixels, of pictures
	Size          int64
	Sum           string // SHA-256
	At            time.Time
}

// Where a community shows a picture of its own.
const (
	Logo  = "logo"
	Cover = "cover"
)

// Limits of files.
const (
	MaxFile      = picture.MaxBytes // bytes of one
	MaxFiles     = 5                // in one form
	MaxUpload    = 30 << 20         // bytes of one form
	MaxPostFiles = 20               // that one post shows
	FilesADay    = 100 << 20        // bytes that a member may bring in a day
	OrphanFor    = 7 * 24 * time.Hour
	partSize     = 512 << 10
	mostFiles    = 30 // of one member in paceFor
	cleaning     = 2  // pictures decoded at once: each may take 200 MB
	logoSide     = 512
	coverSide    = 1_600
	maxFileName  = 80
)

// Accept is what a browser's file chooser offers. What counts is what is in a file.
const Accept = "image/png,image/jpeg,image/gif,image/webp,application/pdf,text/plain,text/csv,.txt,.csv,.pdf"

// Picture reports whether pages show it.
func (f File) Picture() bool { return strings.HasPrefix(f.Type, "image/") }

// Path is where it is served from.
func (f File) Path() string { return markup.PicturePath + f.ID }

// Filename is its name with the extension of what it is, whatever it was called.
func (f File) Filename() string {
	base, _, _ := mime.ParseMediaType(f.Type)
	return f.Name + map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "application/pdf": ".pdf", "text/csv": ".csv", "text/plain": ".txt"}[base]
}

// Markdown is how a post shows it: a picture, or a link.
func (f File) Markdown() string {
	if f.Picture() {
		return "![" + f.Name + "](" + f.Path() + ")"
	}
	return "[" + f.Filename() + "](" + f.Path() + ")"
}

const fileColumns = "f.id, f.community, f.member, f.place, f.name, f.type, f.width, f.height, f.size, f.sum, f.at"

func fileFields(f *File) []any {
	return []any{&f.ID, &f.Community, &f.Member, &f.Place, &f.Name, &f.Type, &f.Width, &f.Height, &f.Size, &f.Sum, db.At(&f.At)}
}

// Bring keeps a picture or file of whoever acts, who must take part in the community. Nobody else sees it before a post shows it.
func (s *Service) Bring(ctx context.Context, community, name string, r io.Reader) (File, error) {
	m := org.Who(ctx)
	if m == nil {
		return File{}, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return File{}, err
	}
	writes := o.TakesPart(community)
	for _, sp := range o.Spaces(community) {
		writes = writes || o.MayWrite(sp.ID)
	}
	if !writes {
		return File{}, s.JoinFirst(ctx, community)
	}
	if err := s.files.within(m.ID, s.Now(), mostFiles); err != nil {
		return File{}, err
	}
	f, data, err := s.read(ctx, name, r, picture.ShownSide)
	if err != nil {
		return File{}, err
	}
	f.Community = community
	return f, s.keepFile(ctx, &f, data, func(ctx context.Context, q db.Q) error {
		brought, _, err := db.Value[int64](ctx, q, "SELECT COALESCE(SUM(size), 0) FROM community_file WHERE member = $1 AND at > $2", m.ID, db.T(s.Now().Add(-24*time.Hour)))
		if err == nil && brought+f.Size > FilesADay {
			return problem.New(problem.Busy, "community.file.enough", "Most", FilesADay>>20).On("files")
		}
		return err
	})
}

// Adorn makes a picture the logo or the cover of a community; without one there is none from then on.
func (s *Service) Adorn(ctx context.Context, community, place, name string, r io.Reader) (File, error) {
	if err := org.Require(ctx, org.CommunityEdit); err != nil {
		return File{}, err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return File{}, err
	}
	if _, seen := o.ByID(community); !seen {
		return File{}, notFound()
	}
	side := map[string]int{Logo: logoSide, Cover: coverSide}[place]
	if side == 0 {
		return File{}, problem.New(problem.Invalid, "problem.bad_form")
	}
	var f File
	var data []byte
	if r != nil {
		if f, data, err = s.read(ctx, name, r, side); err != nil {
			return File{}, err
		}
		if !f.Picture() {
			return File{}, problem.New(problem.Invalid, "picture.kind").On("file")
		}
		f.Community, f.Place = community, place
	}
	clear := func(ctx context.Context, q db.Q) error {
		for _, statement := range []string{"DELETE FROM community_file_part WHERE file IN (SELECT id FROM community_file WHERE community = $1 AND place = $2)",
			"DELETE FROM community_file WHERE community = $1 AND place = $2"} {
			if _, err := db.Exec(ctx, q, statement, community, place); err != nil {
				return fmt.Errorf("take a picture down: %w", err)
			}
		}
		return s.org.Audit(ctx, q, "community."+place, "community:"+community, map[string]string{"file": f.ID})
	}
	if r == nil {
		return File{}, s.db.Tx(ctx, clear)
	}
	return f, s.keepFile(ctx, &f, data, clear)
}

// read finds out what a file is and makes it safe.
func (s *Service) read(ctx context.Context, name string, r io.Reader, side int) (File, []byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return File{}, nil, problem.New(problem.Invalid, "community.file.broken").Because(err).On("files")
	}
	f := File{Name: fileName(name)}
	switch {
	case len(data) > MaxFile:
		return f, nil, problem.New(problem.TooLarge, "community.file.large", "Most", MaxFile>>20).On("files")
	case len(data) == 0:
		return f, nil, problem.New(problem.Invalid, "community.file.empty").On("files")
	case bytes.HasPrefix(data, []byte("%PDF-")):
		f.Type = "application/pdf"
	case picture.Known(data):
		if err := s.turn(ctx); err != nil {
			return f, nil, err
		}
		p, err := picture.CleanTo(bytes.NewReader(data), side)
		<-s.decoding
		if err != nil {
			return f, nil, problem.Of(err).On("files")
		}
		data, f.Type, f.Width, f.Height = p.Data, p.Type, p.Width, p.Height
	case words(data):
		f.Type = "text/plain; charset=utf-8"
		if strings.EqualFold(path.Ext(strings.TrimSpace(name)), ".csv") {
			f.Type = "text/csv; charset=utf-8"
		}
	default:
		return f, nil, problem.New(problem.Invalid, "community.file.kind").On("files")
	}
	sum := sha256.Sum256(data)
	f.Size, f.Sum = int64(len(data)), hex.EncodeToString(sum[:])
	return f, data, nil
}

// Clean finds out what a file is and makes it safe, for what is kept elsewhere than in a community.
func (s *Service) Clean(ctx context.Context, name string, r io.Reader) (File, []byte, error) {
	return s.read(ctx, name, r, picture.ShownSide)
}

// turn waits until a picture may be decoded; whoever got it takes one out of decoding afterwards.
func (s *Service) turn(ctx context.Context) error {
	s.opened.Do(func() { s.decoding = make(chan struct{}, cleaning) })
	select {
	case s.decoding <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// words reports whether a file is text that every program reads: UTF-8 without control characters.
func words(data []byte) bool {
	if !utf8.Valid(data) {
		return false
	}
	return !bytes.ContainsFunc(data, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' || r == 0x7f
	})
}

// fileName is what a file is called: one line, without folders, extension and what Markdown takes for marks.
func fileName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = lineOf(name)
	if ext := path.Ext(name); len(ext) > 1 && len(ext) <= 6 {
		name = strings.TrimSuffix(name, ext)
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("[]()<>!*_`~\\\"'@:&|$%^{}#?;/.", r):
			return '-'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '-' || unicode.IsSpace(r) }), "-")
	if runes := []rune(name); len(runes) > maxFileName {
		name = strings.Trim(string(runes[:maxFileName]), "-")
	}
	if name == "" {
		return "file"
	}
	return name
}

func (s *Service) keepFile(ctx context.Context, f *File, data []byte, first func(ctx context.Context, q db.Q) error) error {
	f.ID, f.Member, f.At = s.newID(), org.Who(ctx).ID, s.Now()
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := first(ctx, q); err != nil {
			return err
		}
		return insertFile(ctx, q, f, data)
	})
}

func insertFile(ctx context.Context, q db.Q, f *File, data []byte) error {
	_, err := db.Exec(ctx, q, `INSERT INTO community_file (id, community, member, place, name, type, width, height, size, sum, at, unused_since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, f.ID, f.Community, f.Member, f.Place, f.Name, f.Type, f.Width, f.Height, f.Size, f.Sum, db.T(f.At), unusedFrom(f))
	for i := 0; err == nil && i*partSize < len(data); i++ {
		_, err = db.Exec(ctx, q, "INSERT INTO community_file_part (file, part, data) VALUES ($1, $2, $3)", f.ID, i, data[i*partSize:min(len(data), (i+1)*partSize)])
	}
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	return nil
}

// unusedFrom is since when no post shows a file that was just brought.
func unusedFrom(f *File) any {
	if f.Place != "" {
		return nil
	}
	return db.T(f.At)
}

// File finds a file that whoever the sight is of may have: one in a post or an article they may read, one they brought themselves, the logo or the cover of
// a community they know of.
func (s *Service) File(ctx context.Context, o Sight, file string) (File, error) {
	f, found, err := db.One(ctx, s.db.Read(), fileFields, "SELECT "+fileColumns+" FROM community_file f WHERE f.id = $1", file)
	if err != nil {
		return f, fmt.Errorf("find a file: %w", err)
	}
	switch {
	case !found:
		return File{}, notFound()
	case f.Place != "" && o.Shows(f.Community), f.Member == o.Member && f.Member != "":
		return f, nil
	case f.Place != "":
		return File{}, notFound()
	}
	spaces, err := db.All(ctx, s.db.Read(), db.Self[string], `SELECT DISTINCT t.space FROM community_post_file r JOIN community_post p ON p.id = r.post
		JOIN community_thread t ON t.id = p.thread WHERE r.file = $1 AND p.deleted_at IS NULL`, f.ID)
	if err != nil {
		return File{}, fmt.Errorf("find where a file is shown: %w", err)
	}
	if slices.ContainsFunc(spaces, o.May) {
		return f, nil
	}
	type text struct {
		Article
		from int // the first version that shows it
	}
	articles, err := db.All(ctx, s.db.Read(), func(x *text) []any { return append(articleFields(&x.Article), &x.from) }, "SELECT "+articleColumns+`, r.version FROM community_article a
		JOIN community_article_file r ON r.article = a.id WHERE r.file = $1`, f.ID)
	if err != nil {
		return File{}, fmt.Errorf("find what articles show a file: %w", err)
	}
	m := org.Who(ctx)
	for i := range articles {
		a := &articles[i]
		if o.May(a.Space) && (a.from <= a.Approved || Wrote(m, a.Author) || o.MayModerate(a.Space)) {
			return f, nil
		}
	}
	return File{}, notFound()
}

// shownBy are the files that a version of an article shows: those that whoever writes it brought, and those that the article before, its original or the
// thread it is made of shows already.
func (s *Service) shownBy(ctx context.Context, community string, said *ledger.Written, article string) ([]string, error) {
	before, err := db.All(ctx, s.db.Read(), func(a *ledger.Attachment) []any { return []any{&a.File} }, `SELECT r.file FROM community_article_file r WHERE r.article IN ($1, $2)
		UNION SELECT r.file FROM community_post_file r JOIN community_post p ON p.id = r.post AND p.deleted_at IS NULL WHERE p.thread = $3`, article, said.Original, said.Thread)
	if err != nil {
		return nil, fmt.Errorf("find what an article showed before: %w", err)
	}
	list, err := s.attached(ctx, community, said.Markup, before)
	var out []string
	for _, a := range list {
		out = append(out, a.File)
	}
	return out, err
}

// FilesOf are the files that a member brought to posts, the oldest first. Whoever asks must be that member.
func (s *Service) FilesOf(ctx context.Context, member string) ([]File, error) {
	m := org.Who(ctx)
	if m == nil || m.ID != member {
		return nil, problem.New(problem.Forbidden, "problem.forbidden")
	}
	return db.All(ctx, s.db.Read(), fileFields, "SELECT "+fileColumns+" FROM community_file f WHERE f.member = $1 AND f.place = '' ORDER BY f.at, f.id", member)
}

// WriteFile writes what is in a file.
func (s *Service) WriteFile(ctx context.Context, f *File, w io.Writer) error {
	for part := 0; int64(part)*partSize < f.Size; part++ {
		data, found, err := db.Value[[]byte](ctx, s.db.Read(), "SELECT data FROM community_file_part WHERE file = $1 AND part = $2", f.ID, part)
		if err != nil {
			return fmt.Errorf("read a file: %w", err)
		}
		if !found {
			return notFound() // it was taken away meanwhile
		}
		if _, err := w.Write(data); err != nil {
			return fmt.Errorf("write a file: %w", err)
		}
	}
	return nil
}

// Adornments are the logo and the cover of a community; their ids are "" where there are none.
func (s *Service) Adornments(ctx context.Context, community string) (logo, cover File, err error) {
	list, err := s.adorned.Read(ctx, s.db, community, func(ctx context.Context) ([]File, error) {
		return db.All(ctx, s.db.Read(), fileFields, "SELECT "+fileColumns+" FROM community_file f WHERE f.community = $1 AND f.place <> ''", community)
	})
	for _, f := range list {
		if f.Place == Logo {
			logo = f
		} else {
			cover = f
		}
	}
	return logo, cover, err
}

var fileLink = regexp.MustCompile(regexp.QuoteMeta(markup.PicturePath) + `([0-9a-z]{20})\b`)

// attached are the files that a text shows which whoever writes it brought, or which the post showed before.
func (s *Service) attached(ctx context.Context, community, body string, before []ledger.Attachment) ([]ledger.Attachment, error) {
	var ids []string
	for _, m := range fileLink.FindAllStringSubmatch(body, -1) {
		if !slices.Contains(ids, m[1]) {
			ids = append(ids, m[1])
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > MaxPostFiles {
		return nil, problem.New(problem.Invalid, "community.file.many", "Most", MaxPostFiles).On("body")
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, fileFields, "SELECT "+fileColumns+" FROM community_file f WHERE f.community = $1 AND f.place = '' AND f.id IN "+db.Among(q, "$2"), community, db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("find the files of a post: %w", err)
	}
	var out []ledger.Attachment
	for _, id := range ids {
		for i := range list {
			f := &list[i]
			kept := slices.ContainsFunc(before, func(a ledger.Attachment) bool { return a.File == f.ID })
			if f.ID == id && (kept || f.Member == org.Who(ctx).ID) {
				base, _, _ := mime.ParseMediaType(f.Type)
				out = append(out, ledger.Attachment{Name: f.Filename(), Type: base, Size: f.Size, File: f.ID})
			}
		}
	}
	return out, nil
}

// deriveFiles notes which files a post shows.
func deriveFiles(ctx context.Context, q db.Q, post string, said *ledger.Said) error {
	for _, a := range said.Attachments {
		if a.File == "" {
			continue
		}
		if _, err := db.Exec(ctx, q, "INSERT INTO community_post_file (post, file) VALUES ($1, $2) ON CONFLICT DO NOTHING", post, a.File); err != nil {
			return fmt.Errorf("note the files of a post: %w", err)
		}
	}
	return nil
}

// Tidy removes files that no post and no article has shown for OrphanFor, and none that is hidden or waits for a moderator would show. Call it once a day. What posts show is derived, so a file is only marked at first,
// and removed when it still is not shown days later.
func (s *Service) Tidy(ctx context.Context) error {
	if err := s.ledger.Finish(ctx); err != nil {
		return fmt.Errorf("see what files are shown: %w", err)
	}
	now := s.Now()
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		const shown = `(EXISTS (SELECT 1 FROM community_post_file r WHERE r.file = community_file.id)
			OR EXISTS (SELECT 1 FROM community_article_file r WHERE r.file = community_file.id)
			OR EXISTS (SELECT 1 FROM community_hidden h WHERE h.markup LIKE '%' || community_file.id || '%')
			OR EXISTS (SELECT 1 FROM community_case c WHERE c.state = 'open' AND c.content LIKE '%' || community_file.id || '%'))`
		if _, err := db.Exec(ctx, q, "UPDATE community_file SET unused_since = NULL WHERE unused_since IS NOT NULL AND (place <> '' OR "+shown+")"); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE community_file SET unused_since = $1 WHERE unused_since IS NULL AND place = '' AND NOT "+shown, db.T(now)); err != nil {
			return err
		}
		old := "SELECT id FROM community_file WHERE unused_since < $1"
		if _, err := db.Exec(ctx, q, "DELETE FROM community_file_part WHERE file IN ("+old+")", db.T(now.Add(-OrphanFor))); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, "DELETE FROM community_file WHERE unused_since < $1", db.T(now.Add(-OrphanFor)))
		return err
	})
	if err != nil {
		return fmt.Errorf("remove files that nothing shows: %w", err)
	}
	return nil
}
