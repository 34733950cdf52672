package markup

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// reader parses CommonMark with tables, strikethrough and task lists. What looks like HTML is text: its parsers are left out, so that no
// word gets lost and nothing has to be taken away.
var reader = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewSetextHeadingParser(), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(
		util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(mentionParser{}, 350),
		util.Prioritized(emojiParser{}, 360),
		util.Prioritized(parser.NewEmphasisParser(), 500),
		util.Prioritized(extension.NewStrikethroughParser(), 500),
		util.Prioritized(addressParser{}, 900),
	),
	parser.WithParagraphTransformers(
		util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
		util.Prioritized(tables{extension.NewTableParagraphTransformer()}, 200),
	),
	parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
)

// tables lets a table be one only where no cell of it would be lost and none is made up by the thousand: a head of many columns over
// many short lines is a bomb.
type tables struct{ parser.ParagraphTransformer }

// Transform makes a table of a paragraph.
func (t tables) Transform(node *ast.Paragraph, r text.Reader, pc parser.Context) {
	lines, source := node.Lines(), r.Source()
	for i := 1; i < lines.Len(); i++ {
		at := lines.At(i)
		if line := at.Value(source); !delimiter(line) {
			continue
		}
		head := lines.At(i - 1)
		columns := cells(head.Value(source))
		rows := lines.Len() - i
		if columns > MaxColumns || columns*rows > MaxCells {
			return
		}
		for j := i + 1; j < lines.Len(); j++ {
			row := lines.At(j)
			if cells(row.Value(source)) > columns {
				return
			}
		}
		t.ParagraphTransformer.Transform(node, r, pc)
		return
	}
}

// delimiter reports whether a line is the one under a table's head.
func delimiter(line []byte) bool {
	dash := false
	for _, c := range line {
		switch c {
		case '-':
			dash = true
		case '|', ':', ' ', '\t', '\n', '\r', '\v', '\f':
		default:
			return false
		}
	}
	return dash
}

// cells counts those of a row.
func cells(line []byte) int {
	line = bytes.TrimSpace(line)
	line = bytes.TrimPrefix(line, []byte("|"))
	n := 1
	for i, c := range line {
		if c == '|' && (i == 0 || line[i-1] != '\\') && i < len(line)-1 {
			n++
		}
	}
	return n
}

// nested is how many quotes and lists the line of most of them opens: parsing costs the square of that, so it is known before.
func nested(source []byte) int {
	most := 0
	for len(source) > 0 {
		line := source
		if i := bytes.IndexByte(source, '\n'); i >= 0 {
			line, source = source[:i], source[i+1:]
		} else {
			source = nil
		}
		n, digits := 0, false
	marks:
		for i, c := range line {
			switch {
			case c == '>':
				n++
			case (c == '-' || c == '*' || c == '+') && (i+1 == len(line) || line[i+1] == ' ' || line[i+1] == '\t'):
				n++
			case (c == '.' || c == ')') && digits:
				n++
			case c == ' ' || c == '\t' || c >= '0' && c <= '9':
			default:
				break marks
			}
			digits = c >= '0' && c <= '9'
		}
		if rule(line) {
			continue
		}
		most = max(most, n)
	}
	return most
}

// rule reports whether a line is one of - - - or * * *, which nests nothing.
func rule(line []byte) bool {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] != '-' && line[0] != '*' {
		return false
	}
	for _, c := range line {
		if c != line[0] && c != ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// signs is how many rows of signs of emphasis stand between two blank lines at most.
func signs(source []byte) int {
	most, n := 0, 0
	var before byte
	blank := true
	for _, c := range source {
		switch c {
		case '*', '_', '~':
			if c != before {
				n++
			}
			blank = false
		case '\n':
			if blank {
				most, n = max(most, n), 0
			}
			blank = true
		case ' ', '\t':
		default:
			blank = false
		}
		before = c
	}
	return max(most, n)
}

// kindMention and kindEmoji are the nodes that CommonMark does not know.
var (
	kindMention = ast.NewNodeKind("Mention")
	kindEmoji   = ast.NewNodeKind("Emoji")
)

type mention struct {
	ast.BaseInline
	handle string
}

// Kind is kindMention.
func (*mention) Kind() ast.NodeKind { return kindMention }

// Dump shows the node to whoever debugs.
func (m *mention) Dump(source []byte, level int) {
	ast.DumpHelper(m, source, level, map[string]string{"Handle": m.handle}, nil)
}

type emoji struct {
	ast.BaseInline
	name string
}

// Kind is kindEmoji.
func (*emoji) Kind() ast.NodeKind { return kindEmoji }

// Dump shows the node to whoever debugs.
func (e *emoji) Dump(source []byte, level int) {
	ast.DumpHelper(e, source, level, map[string]string{"Name": e.name}, nil)
}

// word reports whether a rune belongs to a word, so that what follows it begins none.
func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

type mentionParser struct{}

// Trigger is @.
func (mentionParser) Trigger() []byte { return []byte{'@'} }

// Parse reads @handle and @handle@host: letters, digits, dots, dashes and underscores, of which the first and the last is a letter or digit.
func (mentionParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if before := block.PrecendingCharacter(); word(before) || before == '@' || before == '/' || before == '.' || pc.IsInLinkLabel() {
		return nil
	}
	line, _ := block.PeekLine()
	n := handle(line[1:])
	if n == 0 {
		return nil
	}
	end := 1 + n
	if end < len(line) && line[end] == '@' {
		host := handle(line[end+1:])
		if host == 0 || !bytes.ContainsRune(line[end+1:end+1+host], '.') {
			return nil
		}
		end += 1 + host
	}
	block.Advance(end)
	return &mention{handle: string(line[1:end])}
}

// handle is how many bytes of a line are one; 0 when none is.
func handle(line []byte) int {
	end, runes := 0, 0
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		switch {
		case word(r):
			end = i + size
		case i > 0 && (r == '.' || r == '-' || r == '_'):
		default:
			return end
		}
		i += size
		if runes++; runes > 64 {
			return 0
		}
	}
	return end
}

type emojiParser struct{}

// Trigger is :.
func (emojiParser) Trigger() []byte { return []byte{':'} }

// Parse reads :name: where the name is known.
func (emojiParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	end := 1
	for end < len(line) && end < 32 && (line[end] >= 'a' && line[end] <= 'z' || line[end] >= '0' && line[end] <= '9' ||
		line[end] == '_' || line[end] == '-' || line[end] == '+') {
		end++
	}
	if end < 2 || end >= len(line) || line[end] != ':' || word(block.PrecendingCharacter()) {
		return nil
	}
	name := string(line[1:end])
	if _, known := emojis[name]; !known {
		return nil
	}
	block.Advance(end + 1)
	return &emoji{name: name}
}
