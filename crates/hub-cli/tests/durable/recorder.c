/*
 * Stands between a program and the C library, and writes down what the program changes on disk below one folder, in order.
 * Loaded with LD_PRELOAD; the program itself is the one that people run.
 *
 *   HUB_RECORD_ROOT  the folder, as realpath gives it
 *   HUB_RECORD_LOG   where the records go, outside of the folder
 *   HUB_KILL_AT      a number n: the program is killed instead of its n-th change, from 1
 *
 * A record is a line of words, with % for bytes that cannot stand in a word; after that of a write come its bytes:
 *   create INODE PATH | write INODE OFFSET LENGTH | size INODE LENGTH | sync INODE | syncdir PATH
 *   rename FROM TO | link FROM TO | symlink PATH TARGET | unlink PATH | mkdir PATH | rmdir PATH
 *
 * Calls that move bytes without naming them (copy_file_range, sendfile, splice, fallocate) are refused, as a kernel may that
 * does not have them; the C library's callers then read and write.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static const char *root;
static size_t root_length;
static int log_file = -1;
static long changes, kill_at;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("HUB_RECORD_LOG");
    root = getenv("HUB_RECORD_ROOT");
    root_length = root ? strlen(root) : 0;
    kill_at = getenv("HUB_KILL_AT") ? atol(getenv("HUB_KILL_AT")) : 0;
    if (root && path)
        log_file = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int below_root(const char *path) {
    return root && log_file >= 0 && strncmp(path, root, root_length) == 0
        && (path[root_length] == '/' || path[root_length] == 0);
}

/* The absolute path of a name whose folder exists; 0 if it is not below the root. */
static int place(int folder, const char *name, char *out) {
    char path[PATH_MAX * 2], parent[PATH_MAX], *slash;
    if (name[0] == '/') {
        snprintf(path, sizeof path, "%s", name);
    } else if (folder == AT_FDCWD) {
        if (!getcwd(parent, sizeof parent)) return 0;
        snprintf(path, sizeof path, "%s/%s", parent, name);
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, parent, sizeof parent - 1);
        if (length < 0) return 0;
        parent[length] = 0;
        snprintf(path, sizeof path, "%s/%s", parent, name);
    }
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') path[--length] = 0;
    slash = strrchr(path, '/');
    if (!slash) return 0;
    *slash = 0;
    if (!realpath(slash == path ? "/" : path, parent)) return 0;
    if (snprintf(out, PATH_MAX, "%s/%s", strcmp(parent, "/") ? parent : "", slash + 1) >= PATH_MAX) return 0;
    return below_root(out);
}

/* The path of an open file or folder that is below the root and not removed; 0 if there is none. */
static int place_of(int file, char *out) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, out, PATH_MAX - 1);
    if (length < 0) return 0;
    out[length] = 0;
    return below_root(out);
}

static void put_word(char *line, size_t *at, const char *word) {
    line[(*at)++] = ' ';
    for (; *word; word++) {
        if (*word == ' ' || *word == '%' || *word == '\n')
            *at += sprintf(line + *at, "%%%02x", (unsigned char)*word);
        else
            line[(*at)++] = *word;
    }
}

static void record(const char *kind, const char *one, const char *two, const void *bytes, size_t count) {
    static char line[PATH_MAX * 8];
    size_t at = sprintf(line, "%s", kind);
    if (one) put_word(line, &at, one);
    if (two) put_word(line, &at, two);
    line[at++] = '\n';
    struct iovec parts[2] = {{line, at}, {(void *)bytes, count}};
    syscall(SYS_writev, log_file, parts, bytes ? 2 : 1);
}

/* Counts a change that is about to be made. */
static void about_to_change(void) {
    if (++changes == kill_at) {
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    }
}

static const char *inode_of(int file, char *text) {
    struct stat status;
    if (fstat(file, &status) || !S_ISREG(status.st_mode)) return 0;
    sprintf(text, "%lu", (unsigned long)status.st_ino);
    return text;
}

static int opened(int folder, const char *name, int flags, mode_t mode) {
    static int (*real)(int, const char *, int, ...);
    if (!real) real = REAL(openat64);
    char path[PATH_MAX], inode[32];
    int changing = (flags & (O_CREAT | O_TRUNC)) && (flags & O_TMPFILE) != O_TMPFILE;
    if (!changing) return real(folder, name, flags, mode);
    pthread_mutex_lock(&lock);
    int file;
    if (!place(folder, name, path)) {
        file = real(folder, name, flags, mode);
    } else {
        struct stat status;
        int there = lstat(path, &status) == 0;
        int changes_it = !there || ((flags & O_TRUNC) && status.st_size > 0);
        if (changes_it) about_to_change();
        file = real(folder, name, flags, mode);
        if (file >= 0 && changes_it && inode_of(file, inode)) {
            if (there) record("size", inode, "0", 0, 0);
            else record("create", inode, path, 0, 0);
        }
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return file;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *name, int flags, ...) { MODE(flags) return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags) return opened(AT_FDCWD, name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE(flags) return opened(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE(flags) return opened(folder, name, flags, mode); }
int creat(const char *name, mode_t mode) { return opened(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *name, mode_t mode) { return creat(name, mode); }

/* Writes and writes down; offset -1 is the file's own position. */
static ssize_t written(int file, const void *bytes, size_t count, off64_t offset) {
    char path[PATH_MAX], inode[32], words[64];
    pthread_mutex_lock(&lock);
    int counts = log_file >= 0 && file != log_file && place_of(file, path) && inode_of(file, inode);
    ssize_t done;
    if (counts && count > 0) {
        about_to_change();
        off64_t at = offset;
        if (at < 0) {
            struct stat status;
            int append = fcntl(file, F_GETFL) & O_APPEND;
            at = append && fstat(file, &status) == 0 ? status.st_size : lseek64(file, 0, SEEK_CUR);
        }
        done = offset < 0 ? syscall(SYS_write, file, bytes, count)
                          : syscall(SYS_pwrite64, file, bytes, count, offset);
        if (done > 0) {
            sprintf(words, "%lld", (long long)at);
            char line[128];
            sprintf(line, "write %s", inode);
            char length[32];
            sprintf(length, "%zd", done);
            record(line, words, length, bytes, done);
        }
    } else {
        int error;
        pthread_mutex_unlock(&lock);
        done = offset < 0 ? syscall(SYS_write, file, bytes, count)
                          : syscall(SYS_pwrite64, file, bytes, count, offset);
        error = errno;
        errno = error;
        return done;
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

/* Pipes and sockets are not looked at: a write to them may take long. */
static int is_regular(int file) {
    struct stat status;
    return fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

ssize_t write(int file, const void *bytes, size_t count) {
    if (!is_regular(file)) return syscall(SYS_write, file, bytes, count);
    return written(file, bytes, count, -1);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) { return written(file, bytes, count, offset); }
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) { return written(file, bytes, count, offset); }
ssize_t writev(int file, const struct iovec *parts, int count) {
    if (!is_regular(file)) return syscall(SYS_writev, file, parts, count);
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len > 0) return written(file, parts[i].iov_base, parts[i].iov_len, -1);
    return 0;
}

static int resized(int file, off64_t length) {
    static int (*real)(int, off64_t);
    if (!real) real = REAL(ftruncate64);
    char path[PATH_MAX], inode[32], words[32];
    pthread_mutex_lock(&lock);
    int counts = log_file >= 0 && place_of(file, path) && inode_of(file, inode);
    if (counts) about_to_change();
    int done = real(file, length), error = errno;
    if (counts && done == 0) {
        sprintf(words, "%lld", (long long)length);
        record("size", inode, words, 0, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int ftruncate(int file, off_t length) { return resized(file, length); }
int ftruncate64(int file, off64_t length) { return resized(file, length); }

static int synced(int file, int (*real)(int)) {
    char path[PATH_MAX], inode[32];
    struct stat status;
    pthread_mutex_lock(&lock);
    int counts = log_file >= 0 && place_of(file, path) && fstat(file, &status) == 0;
    if (counts) about_to_change();
    int done = real(file), error = errno;
    if (counts && done == 0) {
        if (S_ISDIR(status.st_mode)) record("syncdir", path, 0, 0, 0);
        else if (inode_of(file, inode)) record("sync", inode, 0, 0, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int fsync(int file) { return synced(file, REAL(fsync)); }
int fdatasync(int file) { return synced(file, REAL(fdatasync)); }

/* A change of one name, or of two. */
#define NAME(kind, folder, name, call) NAMES(kind, folder, name, place(folder, name, second), 0, call)
#define NAMES(kind, folder, name, both_below, other, call) \
    char first[PATH_MAX], second[PATH_MAX]; \
    pthread_mutex_lock(&lock); \
    int counts = place(folder, name, first) && both_below; \
    if (counts) about_to_change(); \
    int done = call, error = errno; \
    if (counts && done == 0) record(kind, first, other, 0, 0); \
    pthread_mutex_unlock(&lock); \
    errno = error; \
    return done;

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    NAMES("rename", from_folder, from, place(to_folder, to, second), second,
        syscall(SYS_renameat2, from_folder, from, to_folder, to, flags))
}
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return renameat2(from_folder, from, to_folder, to, 0);
}
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    NAMES("link", from_folder, from, place(to_folder, to, second), second,
        syscall(SYS_linkat, from_folder, from, to_folder, to, flags))
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
int unlinkat(int folder, const char *name, int flags) {
    NAME((flags & AT_REMOVEDIR) ? "rmdir" : "unlink", folder, name, syscall(SYS_unlinkat, folder, name, flags))
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }
int mkdirat(int folder, const char *name, mode_t mode) {
    NAME("mkdir", folder, name, syscall(SYS_mkdirat, folder, name, mode))
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

int symlinkat(const char *target, int folder, const char *name) {
    char path[PATH_MAX];
    pthread_mutex_lock(&lock);
    int counts = place(folder, name, path);
    if (counts) about_to_change();
    int done = syscall(SYS_symlinkat, target, folder, name), error = errno;
    if (counts && done == 0) record("symlink", path, target, 0, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int symlink(const char *target, const char *name) { return symlinkat(target, AT_FDCWD, name); }

ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t count, unsigned flags) {
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile(int to, int from, off_t *offset, size_t count) { errno = ENOSYS; return -1; }
ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) { errno = ENOSYS; return -1; }
ssize_t splice(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t count, unsigned flags) {
    errno = EINVAL;
    return -1;
}
int fallocate(int file, int mode, off_t offset, off_t length) { errno = EOPNOTSUPP; return -1; }
int fallocate64(int file, int mode, off64_t offset, off64_t length) { errno = EOPNOTSUPP; return -1; }
int posix_fallocate(int file, off_t offset, off_t length) { return EOPNOTSUPP; }
int posix_fallocate64(int file, off64_t offset, off64_t length) { return EOPNOTSUPP; }
