# The peer: the same Debian Redis with the same durability, listening on TCP.
FROM dbmaker/redis:7
VOLUME /data
ENTRYPOINT []
CMD ["sh", "-c", "exec redis-server --appendonly yes --requirepass \"$REDIS_PASSWORD\" --bind 0.0.0.0"]
