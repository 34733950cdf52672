package intake

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/entente/entente/internal/problem"
)

// What a source may have at most.
const (
	maxFiles      = 200_000
	maxRatio      = 200     // bytes out of a byte of an archive, once more than ratioFrom came out
	ratioFrom     = 4 << 20 // bytes
	maxUnpacked   = 1 << 40 // bytes of one file of an archive
	maxNameLength = 1000
)

// Source is a file, a folder of files or a zip archive of files.
type Source struct {
	name  string // what people call it
	root  string
	files []file
	held  *os.File // nil for a folder
	size  int64
	many  bool
	done  atomic.Int64
}

type file struct {
	name  string // relative, with slashes
	path  string // in a folder
	entry *zip.File
	size  int64
}

// Open opens a file, folder or zip archive. The error is a *problem.Problem.
func Open(name string) (*Source, error) { return OpenAs(name, filepath.Base(name)) }

// OpenAs is Open for a file that people know by another name.
func OpenAs(at, called string) (*Source, error) {
	info, err := os.Stat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.New(problem.Missing, "intake.no_file", "Name", called).Because(err)
	case err != nil:
		return nil, problem.New(problem.Invalid, "intake.cannot_open", "Name", called).Because(err)
	}
	s := &Source{name: called, root: at}
	if info.IsDir() {
		return s, s.folder()
	}
	if !info.Mode().IsRegular() {
		return nil, problem.New(problem.Invalid, "intake.cannot_open", "Name", called)
	}
	f, err := os.Open(at)
	if err != nil {
		return nil, problem.New(problem.Invalid, "intake.cannot_open", "Name", called).Because(err)
	}
	return OpenFile(f, called)
}

// OpenFile is Open for a file that is open already, so that nobody can put another in its place. The source closes it; on an error it is
// closed already.
func OpenFile(f *os.File, called string) (*Source, error) {
	s := &Source{name: called, held: f}
	if err := s.look(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Source) look() error {
	info, err := s.held.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return problem.New(problem.Invalid, "intake.cannot_open", "Name", s.name).Because(err)
	}
	s.size = info.Size()
	head := make([]byte, 6)
	n, _ := s.held.ReadAt(head, 0)
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return s.archive()
	case bytes.HasPrefix(head, []byte("7z\xbc\xaf")):
		return problem.New(problem.Invalid, "intake.7z")
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}) || bytes.HasPrefix(head, []byte("BZh")) || bytes.HasPrefix(head, []byte("\xfd7zXZ")):
		return problem.New(problem.Invalid, "intake.packed")
	}
	s.files = []file{{name: s.name, size: s.size}}
	return nil
}

func (s *Source) folder() error {
	s.many = true
	err := filepath.WalkDir(s.root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() || !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") { // links are not followed: they may lead anywhere
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.root, name)
		if err != nil {
			return err
		}
		if len(s.files) == maxFiles {
			return problem.New(problem.TooLarge, "intake.too_many_files", "Max", maxFiles)
		}
		s.files = append(s.files, file{name: filepath.ToSlash(rel), path: name, size: info.Size()})
		s.size += info.Size()
		return nil
	})
	var known *problem.Problem
	if err != nil && !errors.As(err, &known) {
		err = problem.New(problem.Invalid, "intake.cannot_open", "Name", s.name).Because(err)
	}
	return err
}

func (s *Source) archive() error {
	z, err := zip.NewReader(s.held, s.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are never used as paths
		return problem.New(problem.Invalid, "intake.bad_zip").Because(err)
	}
	s.many, s.size = true, 0
	if len(z.File) > maxFiles {
		return problem.New(problem.TooLarge, "intake.too_many_files", "Max", maxFiles)
	}
	for _, e := range z.File {
		if e.FileInfo().IsDir() || !e.Mode().IsRegular() || len(e.Name) > maxNameLength {
			continue
		}
		name := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(e.Name, `\`, "/")), "/")
		if strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, "__MACOSX/") {
			continue
		}
		size := int64(min(e.UncompressedSize64, maxUnpacked))
		s.files = append(s.files, file{name: name, entry: e, size: size})
		s.size += size
	}
	return nil
}

// Close closes the source.
func (s *Source) Close() error {
	if s.held != nil {
		return s.held.Close()
	}
	return nil
}

// Name is what people call it.
func (s *Source) Name() string { return s.name }

// Size is how many bytes there are to read, as far as an archive tells the truth.
func (s *Source) Size() int64 { return s.size }

// Done is how many bytes were read.
func (s *Source) Done() int64 { return s.done.Load() }

// Many reports whether it is a folder or an archive.
func (s *Source) Many() bool { return s.many }

// Names lists the files in it, sorted.
func (s *Source) Names() []string {
	out := make([]string, len(s.files))
	for i, f := range s.files {
		out[i] = f.name
	}
	slices.Sort(out)
	return out
}

// matching lists the files with one of these extensions, sorted; of a single file the extension does not matter.
func (s *Source) matching(extensions []string) []string {
	if !s.many {
		return s.Names()
	}
	var out []string
	for _, n := range s.Names() {
		if slices.Contains(extensions, strings.ToLower(path.Ext(n))) {
			out = append(out, n)
		}
	}
	return out
}

// find returns the file whose last part is base, whatever its case; "" when there is none.
func (s *Source) find(base string) string {
	for _, n := range s.Names() {
		if strings.EqualFold(path.Base(n), base) {
			return n
		}
	}
	return ""
}

// skip counts a file as read that nobody reads.
func (s *Source) skip(name string) {
	for _, f := range s.files {
		if f.name == name {
			s.done.Add(f.size)
		}
	}
}

// open opens one of the files; reading it counts.
func (s *Source) open(name string) (io.ReadCloser, error) {
	for _, f := range s.files {
		if f.name != name {
			continue
		}
		if f.entry == nil {
			if f.path == "" { // held; more than one may read it, and what was added meanwhile is read too
				return &counted{ReadCloser: io.NopCloser(io.NewSectionReader(s.held, 0, math.MaxInt64)), done: &s.done}, nil
			}
			r, err := os.Open(f.path)
			if err != nil {
				return nil, problem.New(problem.Invalid, "intake.cannot_open", "Name", name).Because(err)
			}
			return &counted{ReadCloser: r, done: &s.done}, nil
		}
		if f.entry.Flags&1 != 0 {
			return nil, problem.New(problem.Invalid, "intake.locked_zip", "Name", name)
		}
		r, err := f.entry.Open()
		if err != nil {
			return nil, problem.New(problem.Invalid, "intake.bad_zip").Because(err)
		}
		most := max(ratioFrom, maxRatio*int64(min(f.entry.CompressedSize64, maxUnpacked/maxRatio)))
		return &counted{ReadCloser: r, done: &s.done, most: most}, nil
	}
	return nil, problem.New(problem.Missing, "intake.no_file", "Name", name)
}

// head reads the beginning of a file without counting it.
func (s *Source) head(name string, n int) ([]byte, error) {
	before := s.done.Load()
	r, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	out := make([]byte, n)
	got, err := io.ReadFull(r, out)
	s.done.Store(before)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return out[:got], nil
}

// counted counts, and ends a file of an archive that unpacks to absurdly more than it is.
type counted struct {
	io.ReadCloser
	done *atomic.Int64
	most int64 // 0 for no limit
	read int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.done.Add(int64(n))
	c.read += int64(n)
	switch {
	case c.most > 0 && c.read > c.most:
		return 0, problem.New(problem.TooLarge, "intake.zip_bomb")
	case errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm):
		return n, problem.New(problem.Invalid, "intake.bad_zip").Because(err)
	}
	return n, err
}
