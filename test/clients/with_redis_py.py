"""redis-py: mode, host name, address, port, username, password, file of the authority ('' for plain), bytes."""
import socket, sys, threading, redis
mode, name, address, port, username, password, ca, size = sys.argv[1:9]
real = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **named: real(address if host == name else host, *more, **named)
tls = dict(ssl=True, ssl_ca_certs=ca, ssl_check_hostname=True) if ca else {}

def client():
    return redis.Redis(host=name, port=int(port), username=username, password=password, socket_timeout=40, **tls)

one = client()
if mode == 'ask':
    one.set('answer', 'answer-42')
    print(one.get('answer').decode())
elif mode == 'bulk':
    one.set('bulk', 'x' * int(size))
    print('up', one.strlen('bulk'), 'down', len(one.get('bulk')))
    one.delete('bulk')
else:
    channel = one.pubsub()
    channel.subscribe('news')
    channel.get_message(timeout=5)
    two = client()
    threading.Timer(0.5, lambda: two.rpush('queue', 'item')).start()
    two.publish('news', 'hello')
    print('heard', channel.get_message(timeout=5)['data'].decode(), 'popped', client().blpop('queue', 5)[1].decode())
