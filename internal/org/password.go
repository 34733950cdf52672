package org

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/entente/entente/internal/problem"
)

// The work of one hash: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, 2 passes, 1 lane.
const (
	hashMemory = 19 * 1024 // KiB
	hashPasses = 2
	hashLanes  = 1
	hashLength = 32
	saltLength = 16
)

const (
	minPassword = 10  // characters
	maxPassword = 256 // bytes
	maxHashes   = 2   // at once: 38 MiB
	maxWaiting  = 64  // people waiting for their turn
)

//go:embed common.txt
var common string

// vault hashes and compares passwords, two at once at most, so that a flood of them costs time and not memory.
type vault struct {
	turns   chan struct{}
	waiting chan struct{}
	memory  uint32 // KiB, of one hash
	decoy   string // compared when there is no such member, so that the answer takes as long
}

func newVault(memory uint32) *vault {
	// Nobody knows a password for the decoy: its hash is random.
	salt, sum := make([]byte, saltLength), make([]byte, hashLength)
	rand.Read(salt)
	rand.Read(sum)
	return &vault{make(chan struct{}, maxHashes), make(chan struct{}, maxWaiting), memory, encodeHash(memory, salt, sum)}
}

func encodeHash(memory uint32, salt, sum []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, hashPasses, hashLanes, b64(salt), b64(sum))
}

func (v *vault) turn(ctx context.Context) (release func(), err error) {
	select {
	case v.waiting <- struct{}{}:
	default:
		return nil, problem.New(problem.Busy, "problem.busy")
	}
	defer func() { <-v.waiting }()
	select {
	case v.turns <- struct{}{}:
		return func() { <-v.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash returns the password in the PHC string format.
func (v *vault) hash(ctx context.Context, password string) (string, error) {
	release, err := v.turn(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltLength)
	rand.Read(salt)
	return encodeHash(v.memory, salt, argon2.IDKey(normal(password), salt, hashPasses, v.memory, hashLanes, hashLength)), nil
}

// same reports whether the password is the one of the hash, in a time that tells neither. A hash of "" is nobody's.
func (v *vault) same(ctx context.Context, password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = v.decoy
	}
	h, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	if len(password) > maxPassword {
		password = "" // as slow as any other, and the password of nobody
	}
	release, err := v.turn(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	sum := argon2.IDKey(normal(password), h.salt, h.passes, h.memory, h.lanes, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1 && known, nil
}

type parsedHash struct {
	salt, sum      []byte
	memory, passes uint32
	lanes          uint8
}

// parseHash reads the PHC string format, with bounds: a hash that would take all memory is refused.
func parseHash(s string) (h parsedHash, err error) {
	parts := strings.Split(s, "$")
	bad := func(what string) (parsedHash, error) {
		return parsedHash{}, fmt.Errorf("read a stored password hash: bad %s", what)
	}
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return bad("header")
	}
	for _, p := range strings.Split(parts[3], ",") {
		name, text, _ := strings.Cut(p, "=")
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return bad("parameter")
		}
		switch name {
		case "m":
			h.memory = uint32(n)
		case "t":
			h.passes = uint32(n)
		case "p":
			h.lanes = uint8(min(n, 255))
		default:
			return bad("parameter")
		}
	}
	if h.memory < 8 || h.memory > 256*1024 || h.passes < 1 || h.passes > 16 || h.lanes < 1 || h.lanes > 16 {
		return bad("parameter")
	}
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return bad("salt")
	}
	if h.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.sum) < 16 || len(h.sum) > 64 {
		return bad("sum")
	}
	return h, nil
}

// normal makes the same password typed on different keyboards the same bytes (NIST SP 800-63B, 5.1.1.2).
func normal(password string) []byte { return norm.NFKC.Bytes([]byte(password)) }

// checkPassword refuses passwords that are guessed first. own are the words around the member: address, name, organisation.
func checkPassword(password string, own ...string) error {
	refuse := func(key string, args ...any) error { return problem.New(problem.Invalid, key, args...).On("password") }
	if password == "" {
		return refuse("problem.required")
	}
	if len(password) > maxPassword {
		return refuse("org.password_long", "Max", maxPassword)
	}
	if !utf8.ValidString(password) || strings.ContainsRune(password, 0) {
		return refuse("org.password_form")
	}
	if utf8.RuneCountInString(password) < minPassword {
		return refuse("org.password_short", "Min", minPassword)
	}
	bare := letters(password)
	for _, word := range own {
		local, _, _ := strings.Cut(word, "@")
		for _, w := range []string{letters(word), letters(local)} {
			if w != "" && (bare == w || (len(w) >= 4 && strings.Contains(bare, w) && len(bare)-len(w) <= 4)) {
				return refuse("org.password_own")
			}
		}
	}
	if monotone(password) || isCommon(bare) {
		return refuse("org.password_common")
	}
	return nil
}

// isCommon looks the password up in the list, as it is and without the digits people put at the end.
func isCommon(bare string) bool {
	stem := strings.TrimRight(bare, "0123456789")
	for line := range strings.Lines(common) {
		word := strings.TrimSpace(line)
		if word != "" && (word == bare || (len(word) >= 5 && word == stem)) {
			return true
		}
	}
	return false
}

// letters is the word as it is guessed: lower case, letters and digits only, the usual swaps undone.
func letters(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(norm.NFKD.String(s)) {
		switch r {
		case '@':
			r = 'a'
		case '$':
			r = 's'
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// monotone reports whether the text is one step repeated (aaaa, 1234, zyxw) or has fewer than four different characters.
func monotone(s string) bool {
	runes := []rune(strings.ToLower(s))
	different := map[rune]bool{}
	steps := map[rune]int{}
	for i, r := range runes {
		different[r] = true
		if i > 0 {
			steps[r-runes[i-1]]++
		}
	}
	if len(different) < 4 {
		return true
	}
	for _, step := range []rune{1, -1} {
		if steps[step] >= len(runes)-2 {
			return true
		}
	}
	return false
}
