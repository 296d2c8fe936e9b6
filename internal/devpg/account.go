//go:build unix

package devpg

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is who the server runs as. PostgreSQL refuses to run as root, so root hands over to an
// account that exists ("could not look up effective user ID" otherwise).
type account struct {
	drop     bool
	uid, gid int
}

func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(u.Uid)
		gid, errGID := strconv.Atoi(u.Gid)
		if errUID == nil && errGID == nil {
			return account{drop: true, uid: uid, gid: gid}, nil
		}
	}
	return account{}, errors.New("PostgreSQL 不能以 root 运行，而系统中没有 postgres 或 nobody 账户：请改用普通用户运行")
}

func (a account) attributes() *syscall.SysProcAttr {
	if !a.drop {
		return &syscall.SysProcAttr{}
	}
	//nolint:gosec // both come from the passwd file
	return &syscall.SysProcAttr{Credential: &syscall.Credential{
		Uid: uint32(a.uid), Gid: uint32(a.gid), Groups: []uint32{},
	}}
}

// environ leaves out whatever PG* variables the person has set for other servers, and keeps
// messages in English, which we read.
func (account) environ() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}

func (a account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", a.environ(), a.attributes()
	return cmd
}

// own gives path to the account.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// reaches says whether the account may pass through dir.
func (a account) reaches(ctx context.Context, dir string) bool {
	return !a.drop || a.command(ctx, "/bin/sh", "-c", `cd -- "$0"`, dir).Run() == nil
}
