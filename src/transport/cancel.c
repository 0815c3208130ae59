/*-------------------------------------------------------------------------
 *
 * cancel.c
 *	  Ask nodes to stop what they are doing for us.
 *
 * PQcancel() would wait without bound for a node that does not answer, one node
 * after the other, so cancel requests are sent from here: to all at once, and
 * for no longer than CANCEL_TIMEOUT_MS, or less if the client waits for it. When a node has taken the request, it
 * closes the connection that brought it. Only then is it certain that the
 * request will not hit a later statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libpq/pqcomm.h"
#include "port/pg_bswap.h"
#include "transport/internal.h"
#include "utils/timestamp.h"

#define CANCEL_TIMEOUT_MS 1000

/* StartCancel opens a socket to where the connection leads; -1 if that fails. */
static int
StartCancel(NodeConn *conn)
{
	struct sockaddr_storage addr;
	socklen_t               len = sizeof(addr);
	int                     sock;

	if (getpeername(PQsocket(conn->pg), (struct sockaddr *) &addr, &len) != 0)
		return -1;
	sock = socket(addr.ss_family, SOCK_STREAM, 0);
	if (sock < 0)
		return -1;
	if (!pg_set_noblock(sock) ||
		(connect(sock, (struct sockaddr *) &addr, len) != 0 && errno != EINPROGRESS))
	{
		close(sock);
		return -1;
	}
	return sock;
}

/* GoOnWithCancel sends the request, then waits for the node to hang up. True when done. */
static bool
GoOnWithCancel(NodeConn *conn, struct pollfd *fd)
{
	char byte;

	if (fd->events == POLLOUT)
	{
		struct
		{
			uint32              packetlen;
			CancelRequestPacket cancel;
		} packet;

		packet.packetlen = pg_hton32(sizeof(packet));
		packet.cancel.cancelRequestCode = (MsgType) pg_hton32(CANCEL_REQUEST_CODE);
		packet.cancel.backendPID = pg_hton32(PQbackendPID(conn->pg));
		packet.cancel.cancelAuthCode = pg_hton32(conn->cancel_key);
		if (send(fd->fd, &packet, sizeof(packet), MSG_NOSIGNAL) != sizeof(packet))
			return true;
		fd->events = POLLIN;
		return false;
	}
	conn->cancel_taken = recv(fd->fd, &byte, 1, 0) <= 0;
	return conn->cancel_taken;
}

/* CancelConns sets cancel_taken of those whose node took the request in time. Raises no error. */
void
CancelConns(NodeConn **conns, int nconns)
{
	struct pollfd *fds = palloc(sizeof(struct pollfd) * nconns);
	long           limit = StopIsWanted() ? STOP_TIMEOUT_MS : CANCEL_TIMEOUT_MS;
	TimestampTz    deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), limit);
	int            waiting = 0;

	for (int i = 0; i < nconns; i++)
	{
		fds[i].fd = StartCancel(conns[i]);
		fds[i].events = POLLOUT;
		conns[i]->cancel_taken = false;
		if (fds[i].fd >= 0)
			waiting++;
	}

	while (waiting > 0)
	{
		long timeout = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), deadline);

		if (timeout <= 0)
			break;
		if (poll(fds, nconns, timeout) <= 0)
			continue;
		for (int i = 0; i < nconns; i++)
		{
			if (fds[i].fd >= 0 && fds[i].revents != 0 && GoOnWithCancel(conns[i], &fds[i]))
			{
				close(fds[i].fd);
				fds[i].fd = -1;
				waiting--;
			}
		}
	}

	for (int i = 0; i < nconns; i++)
	{
		if (fds[i].fd >= 0)
			close(fds[i].fd);
	}
	pfree(fds);
}
