//go:build linux || darwin

package intake

import "syscall"

// freeSpace is how many bytes we may still write where dir is; ok is false when nobody can tell.
func freeSpace(dir string) (free int64, ok bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
