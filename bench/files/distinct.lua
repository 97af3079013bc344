-- For wrk: asks for 32 files in turn, /<size>/0.bin to /<size>/31.bin.
local size = os.getenv("PORTICO_SIZE")
local at = 0
request = function()
  at = (at + 1) % 32
  return wrk.format("GET", "/" .. size .. "/" .. at .. ".bin")
end
