//go:build unix

package devpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The test binary runs itself as another process, which starts a server in the directory that this
// variable names, prints its URL and process number, and waits to be killed.
const actAsParent = "DEVPG_TEST_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(actAsParent); dir != "" {
		parent(dir)
		return
	}
	os.Exit(m.Run())
}

func parent(dir string) {
	s, err := Start(context.Background(), Options{Dir: dir, Ephemeral: true})
	if err != nil {
		fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
		os.Exit(1)
	}
	fmt.Println(s.URL, s.Pid)
	select {}
}

// begin runs the parent and returns what its server says.
func begin(t *testing.T, dir string, as *syscall.Credential) (cmd *exec.Cmd, url string, pid int) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), testBinary(t))
	cmd.Env = append(os.Environ(), actAsParent+"="+dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, scanErr := fmt.Sscan(line, &url, &pid); err != nil || scanErr != nil {
		t.Fatalf("the other process says %q (%v)", line, errors.Join(err, scanErr))
	}
	return cmd, url, pid
}

// testBinary copies this binary to where another account may run it.
func testBinary(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(openDir(t), "devpg.test")
	writeProgram(t, to, text)
	return to
}

// writeProgram writes a file that will be run. Meanwhile no other test of this process may fork: its child would hold
// the file open for writing until it becomes another program, and so long the kernel refuses to run the file (ETXTBSY).
func writeProgram(t *testing.T, name string, text []byte) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(name, text, 0o755); err != nil {
		t.Fatal(err)
	}
}

// openDir is a directory that every account may pass through, unlike t.TempDir.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "devpg-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Crash() }) // a no-op for one that has been stopped
	return s
}

func query[T any](t *testing.T, url, sql string) (value T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func TestDataStayBetweenRuns(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := start(t, Options{Dir: dir, Ephemeral: true})
	execute(t, s.URL, `create table kept as select 42 as n`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if left := occupants(filepath.Join(dir, "data")); len(left) > 0 {
		t.Fatalf("processes %v are left after Stop", left)
	}
	again := start(t, Options{Dir: dir, Ephemeral: true})
	if n := query[int](t, again.URL, `select n from kept`); n != 42 {
		t.Fatalf("read %d, wrote 42", n)
	}
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestCrashLosesNothingCommitted(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := start(t, Options{Dir: dir})
	execute(t, s.URL, `create table kept as select 42 as n`)
	if err := s.Crash(); err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, start(t, Options{Dir: dir}).URL, `select n from kept`); n != 42 {
		t.Fatalf("read %d, wrote 42", n)
	}
}

func TestOnlyThePasswordOpensIt(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := start(t, Options{Dir: dir, Ephemeral: true})
	config, err := pgx.ParseConfig(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	config.Password = "wrong"
	if conn, err := pgx.ConnectConfig(t.Context(), config); err == nil {
		_ = conn.Close(t.Context())
		t.Error("a wrong password is let in")
	}
	info, err := os.Stat(filepath.Join(dir, "password"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the password file is %v", info.Mode())
	}
	if _, err := os.Stat(filepath.Join(dir, "password.initdb")); err == nil {
		t.Error("the copy for initdb is left")
	}
	if got := query[string](t, s.URL, `select string_agg(distinct auth_method, ' ') from pg_hba_file_rules`); got != "scram-sha-256" {
		t.Errorf("pg_hba lets in by %s", got)
	}
}

func TestDirectoryIsOneProcessAtATime(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	start(t, Options{Dir: dir, Ephemeral: true})
	_, err := Start(t.Context(), Options{Dir: dir, Ephemeral: true})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprint("进程号 ", os.Getpid())) {
		t.Fatalf("a second server in the directory: %v", err)
	}
}

// Whoever kills the platform and starts it again, at once, finds everything as committed.
func TestKilledParentIsFollowedAtOnce(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	cmd, url, pid := begin(t, dir, nil)
	execute(t, url, `create table kept as select 42 as n`)
	conn, err := pgx.Connect(t.Context(), url) // a session that stays open
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed

	s := start(t, Options{Dir: dir})
	if s.Pid == pid {
		t.Error("this is still the orphan")
	}
	if n := query[int](t, s.URL, `select n from kept`); n != 42 {
		t.Fatalf("read %d, wrote 42", n)
	}
}

func TestServerGoesWithAKilledParent(t *testing.T) {
	t.Parallel()
	if !seesBackends {
		t.Skip("this system cannot tell a child that its parent has died")
	}
	dir := openDir(t)
	cmd, _, _ := begin(t, dir, nil)
	if len(occupants(filepath.Join(dir, "data"))) == 0 {
		t.Fatal("the running server is not seen in its directory")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	for range 500 {
		if len(occupants(filepath.Join(dir, "data"))) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("five seconds after its parent the server still runs")
}

// After a reboot the number in postmaster.pid may be anybody's.
func TestStalePidFileOfAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	if err := start(t, Options{Dir: dir, Ephemeral: true}).Stop(); err != nil {
		t.Fatal(err)
	}
	pidFile := filepath.Join(dir, "data", "postmaster.pid")
	stale := fmt.Sprintf("%d\n%s\n1700000000\n5432\n\n127.0.0.1\n0 0\nready\n", os.Getppid(), filepath.Join(dir, "data"))
	if err := os.WriteFile(pidFile, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Dir: dir, Ephemeral: true})
	if err := syscall.Kill(os.Getppid(), 0); err != nil {
		t.Fatalf("the innocent process: %v", err)
	}
}

func TestInterruptedInitdbIsBegunAnew(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	for _, half := range []string{"data", "data.new"} {
		if err := os.MkdirAll(filepath.Join(dir, half, "base"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if n := query[int](t, start(t, Options{Dir: dir, Ephemeral: true}).URL, `select 42`); n != 42 {
		t.Fatal(n)
	}
}

func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("every other test here runs as an ordinary user already")
	}
	dir := filepath.Join(openDir(t), "pg")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd, url, pid := begin(t, dir, &syscall.Credential{Uid: nobody, Gid: nobody})
	if n := query[int](t, url, `select 42`); n != 42 || pid == 0 {
		t.Fatalf("answer %d of process %d", n, pid)
	}
	_ = cmd.Process.Kill() // its server goes with it
	_ = cmd.Wait()
}

// Below a directory that is root's alone the server's account cannot work.
func TestRootsOwnDirectory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root hands over to another account")
	}
	closed := filepath.Join(openDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "pg")
	s := start(t, Options{Dir: dir, Ephemeral: true})
	at := filepath.Dir(query[string](t, s.URL, `show data_directory`))
	t.Cleanup(func() { _ = s.Crash(); _ = os.RemoveAll(at) })
	if strings.HasPrefix(at, closed) || !strings.HasPrefix(at, "/var/tmp/baohan-") {
		t.Errorf("the data are in %s", at)
	}
	if _, err := Start(t.Context(), Options{Dir: dir, Ephemeral: true}); err == nil {
		t.Error("a second server for the same directory starts")
	}
}

func TestSettingsReachTheServer(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: openDir(t), Ephemeral: true, Settings: map[string]string{"application_name": "it's"}})
	for name, want := range map[string]string{"fsync": "off", "log_error_verbosity": "terse", "data_checksums": "on"} {
		if got := query[string](t, s.URL, `show `+name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if got := query[string](t, s.URL, `select setting from pg_file_settings where name = 'application_name'`); got != "it's" {
		t.Errorf("a quote in a setting arrives as %q", got)
	}
}

func TestFailedStartShowsWhatTheServerSaid(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Dir: openDir(t), Settings: map[string]string{"shared_buffers": "many"}})
	if err == nil || !strings.Contains(err.Error(), `shared_buffers`) {
		t.Fatalf("%v does not name the setting at fault", err)
	}
}

func TestFixedPort(t *testing.T) {
	t.Parallel()
	port, err := freePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	start(t, Options{Dir: openDir(t), Port: port, Ephemeral: true})
	_, err = Start(t.Context(), Options{Dir: openDir(t), Port: port, Ephemeral: true})
	if !errors.Is(err, errPortTaken) {
		t.Fatalf("%v, want errPortTaken", err)
	}
}

func TestGivenURLStartsNothing(t *testing.T) {
	t.Parallel()
	s, err := Start(t.Context(), Options{URL: "postgres://elsewhere/db", Dir: "/nonexistent"})
	if err != nil || s.URL != "postgres://elsewhere/db" || s.Pid != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	if err := errors.Join(s.Stop(), s.Crash()); err != nil {
		t.Fatal(err)
	}
}
