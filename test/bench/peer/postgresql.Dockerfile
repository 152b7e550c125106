# The peer: the same Debian PostgreSQL, started the way that images which run initdb at the first start do it, listening on TCP.
FROM dbmaker/postgresql:15
COPY postgresql.sh /usr/local/bin/peer
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["/usr/local/bin/peer"]
CMD []
