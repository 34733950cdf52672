//go:build unix

package mail

import (
	"os"
	"syscall"
	"testing"
)

// chownLike gives a file the owner of another one; only root needs it.
func chownLike(t *testing.T, name string, info os.FileInfo) {
	t.Helper()
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && os.Getuid() == 0 {
		if err := os.Chown(name, int(stat.Uid), int(stat.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}
