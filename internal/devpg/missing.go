package devpg

import "strings"

// MissingError is returned when there is no PostgreSQL to run. Its text is for the person at the
// terminal and lists every way out.
type MissingError struct {
	// Tried says what was looked at and why it would not do, one line each.
	Tried []string
}

func (e *MissingError) Error() string {
	return `找不到可用的 PostgreSQL（15 或更高版本）。任选一种办法：
  · 已有数据库：设置 DATABASE_URL=postgres://用户:密码@主机:5432/库名
  · Debian / Ubuntu：apt-get install postgresql
  · macOS：brew install postgresql@17
  · 安装 Node.js（含 npm），再次运行时将自动取得 PostgreSQL
  · 程序在别处：设置 PG_BINDIR=含有 initdb 与 postgres 的目录
已查看：
  ` + strings.Join(e.Tried, "\n  ")
}
