import Glibc

/// Standard input, output and error, as a parent may have left them.
enum StandardDescriptors {
    /// Opens each that is closed on /dev/null.
    ///
    /// Else the next file or socket would get its number, and be read as a question or written to as a message.
    static func openClosed() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            // The lowest free number, which is this one: those below are open by now. Where it fails nothing can be said.
            _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY)
        }
    }
}
