package app

import (
	"bytes"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// resident is how much of files is in the resident set, in kB, also where they lie in memory.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, m := range regexp.MustCompile(`Rss(?:File|Shmem):\s+(\d+) kB`).FindAllSubmatch(text, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		sum += n
	}
	if sum == 0 {
		t.Skip("this system does not say what of files is resident")
	}
	return sum
}

// What is not used goes out of the resident set, and what is used again is as it was.
func TestUnload(t *testing.T) {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	before := resident(t)
	if err := unload(); err != nil {
		t.Fatal(err)
	}
	if after := resident(t); after >= before {
		t.Errorf("%d kB before, %d kB after", before, after)
	}
	if again, err := os.ReadFile("/proc/self/exe"); err != nil || !bytes.Equal(self, again) {
		t.Error("the program is another", err)
	}
}
